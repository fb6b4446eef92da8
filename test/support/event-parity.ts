/** Runs a scenario on originals and on ours at once and compares what both said, event for event. */
import type { TestContext } from 'vitest';
import { differences, type KnownDifference, reasonIsDocumented } from './event-differences.ts';
import { Fleet, type FleetPlan } from './fleet.ts';

/** What a scenario heard: one list of events a chapter, in the order of its acts. */
export type Story = Record<string, readonly string[]>;

/** The differences a scenario is known to show, by chapter. */
export type Known = Readonly<Record<string, readonly KnownDifference[]>>;

export interface Performance {
  readonly plan: FleetPlan;
  readonly act: (fleet: Fleet) => Promise<Story>;
  readonly known?: Known;
}

/** Both stories, each from a fleet of its own, at the same time. */
export async function perform(
  context: TestContext,
  { plan, act }: Performance,
): Promise<{ readonly original: Story; readonly ours: Story }> {
  const tell = async (kind: 'original' | 'ours') => {
    const fleet = await Fleet.start(kind, plan);
    context.onTestFinished(() => fleet.dispose(context.task.result?.state === 'fail'), 30_000);
    return act(fleet);
  };
  const [original, ours] = await Promise.all([tell('original'), tell('ours')]);
  return { original, ours };
}

/** The whole of a test: both must tell the same story but for the known differences, which must still be there. */
export async function expectParity(context: TestContext, performance: Performance): Promise<void> {
  const { expect } = context;
  const { original, ours } = await perform(context, performance);
  const expected: Story = {};
  for (const [chapter, events] of Object.entries(original)) {
    let wanted = [...events];
    expect(events.length, `the original says something in "${chapter}"`).toBeGreaterThan(0);
    for (const name of performance.known?.[chapter] ?? []) {
      expect(reasonIsDocumented(name), `"${name}" is in docs/DIFFERENCES.md`).toBe(true);
      const changed = differences[name].expected(wanted);
      expect(changed, `"${name}" still makes a difference in "${chapter}"`).not.toEqual(wanted);
      wanted = changed;
    }
    expected[chapter] = wanted;
  }
  expect(ours).toEqual(expected);
}

/** The same events in a fixed order, where the original's own order is that of a hash table or of the network. */
export function inAnyOrder(events: readonly string[], what: RegExp): string[] {
  const some = events.filter((one) => what.test(one)).sort();
  return events.map((one) => (what.test(one) ? some.shift()! : one));
}

/** Without these events: they are looked at elsewhere. */
export function without(events: readonly string[], what: RegExp): string[] {
  return events.filter((one) => !what.test(one));
}

/** Only these events. */
export function only(events: readonly string[], what: RegExp): string[] {
  return events.filter((one) => what.test(one));
}
