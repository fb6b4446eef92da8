/**
 * `npm run parity`: the same requests to the installed `redis-sentinel` and to ours, one line a case and a total. The
 * test suite runs the same cases.
 */
import { freePort, RedisServer } from '../lab/index.ts';
import { ACL_CASES } from './acl-cases.ts';
import { type Case, PASSWORD, type PairName, SECURED_LINES } from './case.ts';
import { KNOWN } from './known.ts';
import { LINE_CASES } from './line-cases.ts';
import { Pair } from './pair.ts';
import { TABLE_CASES } from './table-cases.ts';
import { TALK_CASES } from './talk-cases.ts';

export { type Case, KNOWN };

export const CASES: readonly Case[] = [...LINE_CASES, ...TALK_CASES, ...ACL_CASES, ...TABLE_CASES];

/** `alike`: same bytes but for what is masked. `known`: they differ as documented. `differs`: anything else. */
export type Outcome = 'alike' | 'known' | 'differs';

export interface Result {
  readonly outcome: Outcome;
  readonly original: string;
  readonly ours: string;
}

/** The servers and the two pairs of Sentinels that all cases share. */
export class Stage {
  readonly #servers: readonly RedisServer[];
  readonly #pairs: Readonly<Record<PairName, Pair>>;

  private constructor(servers: readonly RedisServer[], pairs: Readonly<Record<PairName, Pair>>) {
    this.#servers = servers;
    this.#pairs = pairs;
  }

  static async start(): Promise<Stage> {
    const servers: RedisServer[] = [];
    const pairs: Pair[] = [];
    const group = async (replicas: number) => {
      const master = await RedisServer.start();
      servers.push(master);
      for (let count = 0; count < replicas; count += 1) {
        servers.push(await RedisServer.start({ replicaOf: master.address }));
      }
      return master;
    };
    try {
      const nowhere = await freePort();
      pairs.push(await Pair.start(await group(2), nowhere));
      pairs.push(
        await Pair.start(await group(1), nowhere, { password: PASSWORD, lines: SECURED_LINES }),
      );
      await pairs[0]!.settle(2);
      await pairs[1]!.settle(1);
      return new Stage(servers, { open: pairs[0]!, secured: pairs[1]! });
    } catch (error) {
      for (const pair of pairs) await pair.dispose();
      for (const server of servers) await server.dispose();
      throw error;
    }
  }

  async judge(one: Case): Promise<Result> {
    const { original, ours } = await this.#pairs[one.pair].ask(one);
    this.#pairs[one.pair].assertAlive(one);
    const known = Object.hasOwn(KNOWN, one.name);
    if ((original === ours) === known) return { outcome: 'differs', original, ours };
    return { outcome: known ? 'known' : 'alike', original, ours };
  }

  async dispose(): Promise<void> {
    for (const pair of Object.values(this.#pairs)) await pair.dispose();
    for (const server of this.#servers) await server.dispose();
  }
}

const say = (text: string) => process.stdout.write(`${text}\n`);
const indented = (text: string) => text.replace(/^/gm, '    ');

/** @param argv a word that the names of the cases must contain; `--quiet`: only what differs */
export async function main(argv: readonly string[]): Promise<number> {
  const quiet = argv.includes('--quiet');
  const wanted = argv.filter((word) => !word.startsWith('--')).join(' ');
  const cases = CASES.filter(({ name }) => name.toLowerCase().includes(wanted.toLowerCase()));
  const counts: Record<Outcome, number> = { alike: 0, known: 0, differs: 0 };
  const stage = await Stage.start();
  try {
    for (const one of cases) {
      const { outcome, original, ours } = await stage.judge(one);
      counts[outcome] += 1;
      if (outcome === 'known' && !quiet) say(`known    ${one.name}: ${KNOWN[one.name]}`);
      if (outcome === 'alike' && !quiet) say(`alike    ${one.name}`);
      if (outcome !== 'differs') continue;
      say(`DIFFERS  ${one.name}`);
      say(`  original\n${indented(original)}\n  ours\n${indented(ours)}`);
    }
  } finally {
    await stage.dispose();
  }
  const { alike, known, differs } = counts;
  say(`${cases.length} cases: ${alike} alike, ${known} differ as documented, ${differs} differ`);
  return differs === 0 ? 0 : 1;
}
