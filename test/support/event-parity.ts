/**
 * Runs a scenario on originals and on ours at once and compares what both said, event for event.
 */
import type { TestContext } from 'vitest';
import {
  differences,
  type KnownDifference,
  reasonIsDocumented,
  shown,
} from './event-differences.ts';
import { Fleet, type FleetPlan } from './fleet.ts';

/** What a scenario heard: one list of events a chapter, in the order of its acts. */
export type Story = Record<string, readonly string[]>;

/** The differences a scenario is known to show, by chapter. */
export type Known = Readonly<Record<string, readonly KnownDifference[]>>;

export interface Performance {
  readonly plan: FleetPlan;
  readonly act: (fleet: Fleet) => Promise<Story>;
  readonly known?: Known;
  /**
   * Events, word for word, that the original itself says or not as its own timer happens to run, by
   * chapter: left out on both sides. Each needs a word on what decides it.
   */
  readonly chance?: Story;
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

/**
 * The whole of a test: both must tell the same story but for the known differences, which must
 * still be there.
 */
export async function expectParity(context: TestContext, performance: Performance): Promise<void> {
  const { expect } = context;
  const stories = await perform(context, performance);
  const original = withoutChance(stories.original, performance.chance);
  const ours = withoutChance(stories.ours, performance.chance);
  const expected: Story = {};
  const heard: Story = { ...ours };
  for (const [chapter, events] of Object.entries(original)) {
    expected[chapter] = events;
    for (const name of shown(performance.known?.[chapter] ?? [])) {
      expect(reasonIsDocumented(name), `"${name}" is in docs/DIFFERENCES.md`).toBe(true);
      const { expected: change, extra } = differences[name];
      const still = `"${name}" still makes a difference in "${chapter}"`;
      if (extra !== undefined) {
        const said = heard[chapter] ?? [];
        heard[chapter] = said.filter((one) => !extra.test(one));
        expect(heard[chapter], still).not.toEqual(said);
      }
      if (change !== undefined) {
        const before = expected[chapter];
        expected[chapter] = change(before);
        expect(expected[chapter], still).not.toEqual(before);
      }
    }
  }
  expect(heard).toEqual(expected);
}

function withoutChance(story: Story, chance: Story = {}): Story {
  const kept = Object.entries(story).map(([chapter, events]) => {
    const left = chance[chapter] ?? [];
    return [chapter, events.filter((one) => !left.includes(one))] as const;
  });
  return Object.fromEntries(kept);
}

/**
 * What each Sentinel that said anything said since the last time, as chapters `<act>, s1` and so
 * on.
 */
export async function chapters(fleet: Fleet, act: string): Promise<Story> {
  const taken = await Promise.all(fleet.tapes.map((tape) => tape.take()));
  const all = taken.map((events, i) => [`${act}, s${i + 1}`, events] as const);
  return Object.fromEntries(all.filter(([, events]) => events.length > 0));
}

/** A story whose every chapter is in a fixed order, where the order is chance. */
export function sorted(story: Story): Story {
  return Object.fromEntries(Object.entries(story).map(([name, all]) => [name, [...all].sort()]));
}

/**
 * What any of the Sentinels said, once each, in a fixed order: for acts that one of them does and
 * no matter which.
 */
export function together(story: Story): string[] {
  return [...new Set(Object.values(story).flat())].sort();
}

/**
 * The same events in a fixed order, where the original's own order is that of a hash table or of
 * the network.
 */
export function inAnyOrder(events: readonly string[], what: RegExp): string[] {
  const some = events.filter((one) => what.test(one)).sort();
  return events.map((one) => (what.test(one) ? some.shift()! : one));
}

/** Splits a story: the events that match, and the rest. */
export function split(story: Story, what: RegExp): readonly [Story, Story] {
  const pick = (wanted: boolean): Story =>
    Object.fromEntries(
      Object.entries(story).map(([chapter, all]) => [
        chapter,
        all.filter((one) => what.test(one) === wanted),
      ]),
    );
  return [pick(true), pick(false)];
}
