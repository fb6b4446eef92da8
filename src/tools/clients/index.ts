/**
 * `npm run clients`: real clients on real groups. Each finds the master, writes to it, reads from
 * replicas, and follows a kill -9 of the master and a manual failover, under three Sentinels of the
 * original, three of this project, and a mixture. docs/CLIENTS.md has its table.
 */
import { exitOnSignals, runProgram, say } from '../lab/index.ts';
import type { Client } from './catalogue.ts';
import { writeDocument } from './document.ts';
import { HELP, type Plan, readPlan } from './plan.ts';
import { type ClientResult, playFleet } from './round.ts';
import { markdown, table } from './table.ts';

/** Installs Debian packages. Returns why it did not work, or null. */
export type Install = (packages: readonly string[]) => string | null;

/** @returns the exit code: 1 when a client could not follow Sentinels of this project */
export async function main(args: readonly string[], install: Install): Promise<number> {
  return runProgram(args, { help: HELP, read: readPlan, play: (plan) => play(plan, install) });
}

async function play(plan: Plan, install: Install): Promise<number> {
  exitOnSignals();
  const { clients, skipped } = provide(plan, install);
  if (clients.length === 0) {
    for (const line of skipped) say(line);
    return 0;
  }
  const results: ClientResult[] = [];
  let broken = false;
  for (const fleet of plan.fleets) {
    const kinds = fleet.kinds.join(', ');
    say(`${fleet.word}: three Sentinels (${kinds}), ${clients.length} clients …`);
    try {
      results.push(...(await playFleet(fleet, { ...plan, clients })));
    } catch (error) {
      broken = true;
      say(`  not finished: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const byClient = clients.flatMap((client) => results.filter((one) => one.client === client));
  say();
  const { downAfter } = plan;
  const lines = plan.markdown ? markdown(byClient, skipped, downAfter) : table(byClient, skipped);
  for (const line of lines) say(line);
  if (plan.write && !broken) writeDocument(lines);
  return broken || byClient.some(missed) ? 1 : 0;
}

/** Something did not work, with ours among the Sentinels. */
function missed({ fleet, discovered, afterKill, afterManual, reads }: ClientResult): boolean {
  if (!fleet.kinds.includes('ours')) return false;
  const read = reads === null || (reads.length === 3 && !reads.includes('nobody'));
  return !discovered || afterKill === null || afterManual === null || !read;
}

/** The clients that are there or could be installed, and a line for each other one. */
function provide(plan: Plan, install: Install): { clients: Client[]; skipped: string[] } {
  const missing = plan.clients.filter((client) => !client.present());
  const packages = [...new Set(missing.flatMap((client) => client.packages))];
  let reason: string | null = null;
  if (packages.length > 0) reason = plan.install ? install(packages) : '--no-install was given';
  const clients = plan.clients.filter((client) => !missing.includes(client) || client.present());
  const skipped = missing
    .filter((client) => !clients.includes(client))
    .map((client) => {
      const why = reason ?? 'it does not run all the same';
      return `skipped  ${client.title}: needs ${client.packages.join(', ')} of Debian; ${why}`;
    });
  return { clients, skipped };
}
