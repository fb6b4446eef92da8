/**
 * The process that plays the rounds, inside the hub: it tells its parent each result over the IPC
 * channel and ends with it. Arguments: the prefix of the namespaces, a folder, and the words of the
 * plan.
 */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseLog, until } from '../lab/index.ts';
import { ChaosGroup } from './group.ts';
import { type Place, placesOf } from './hosts.ts';
import { Net } from './net.ts';
import { draw, type Fleet, type Plan, readPlan } from './plan.ts';
import { playRound, type RoundResult } from './round.ts';

export type Message =
  | { readonly say: string }
  | { readonly result: RoundResult }
  | { readonly failed: string };

/** Log lines of each Sentinel that are shown of a round that went wrong. */
const SHOWN = 60;

function tell(message: Message): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(message, () => resolve());
  });
}

/**
 * Every group that has trouble is replaced: one stuck group must not spoil the rounds that follow.
 */
async function playFleet(fleet: Fleet, plan: Plan, places: readonly Place[], folder: string) {
  const net = await Net.open(places[0] as Place);
  for (const fault of plan.faults) {
    const why = fault.whyNot(net);
    if (why !== null) await tell({ say: `left out: ${fault.word}; ${why}` });
  }
  let group: ChaosGroup | null = null;
  let groups = 0;
  try {
    for (const one of draw(plan, net)) {
      if (group === null) {
        groups += 1;
        const at = join(folder, `${fleet.word}-${groups}`);
        mkdirSync(at);
        group = await ChaosGroup.start(places, fleet.kinds, at, plan);
        await first(group, fleet);
      }
      const result = await playRound(one, { fleet, group, net, downAfter: plan.downAfter });
      await tell({ result });
      if (result.stuck === null && result.problems.length === 0) continue;
      await showLogs(group);
      if (plan.evidence !== null) {
        const at = join(plan.evidence, `${fleet.word}-${one.number}`);
        for (const host of group.hosts) {
          cpSync(host.folder, join(at, host.name), { recursive: true });
        }
      }
      if (result.stuck === null) continue;
      await group.dispose();
      group = null;
    }
  } finally {
    await group?.dispose();
  }
}

async function first(group: ChaosGroup, { patience }: Fleet): Promise<void> {
  let odd: string | null = null;
  await until(
    async () => {
      odd = await group.whyNotWell();
      return odd === null;
    },
    () => `a new group is well: ${odd ?? 'no answer'}`,
    { timeoutMs: patience, everyMs: 100 },
  );
}

async function showLogs(group: ChaosGroup): Promise<void> {
  for (const host of group.hosts) {
    await tell({ say: `  Sentinel ${host.name} (${host.kind}):` });
    for (const { at, text } of parseLog(host.logText()).slice(-SHOWN)) {
      await tell({ say: `    ${new Date(at).toISOString().slice(11, 23)} ${text}` });
    }
  }
}

// The lab ends its processes when this one exits; the parent removes the namespaces.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => process.exit(130));
}
process.on('disconnect', () => process.exit(1));

const [prefix = '', folder = '', ...args] = process.argv.slice(2);
const plan = readPlan(args);
try {
  if (plan === null) throw new Error('no plan');
  const places = placesOf(prefix);
  for (const fleet of plan.fleets) await playFleet(fleet, plan, places, folder);
  process.exit(0);
} catch (error) {
  await tell({ failed: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}
