/**
 * `npm run parity`: the same requests to an original and to ours, one line a case and a total. The
 * test suite runs the same cases.
 */
import {
  findOracle,
  freePort,
  ORACLES,
  type Oracle,
  type OracleName,
  RedisServer,
} from '../lab/index.ts';
import { ACL_CASES } from './acl-cases.ts';
import { type Case, PASSWORD, type PairName, SECURED_LINES } from './case.ts';
import { ALL_KNOWN, knownReason } from './known.ts';
import { LINE_CASES } from './line-cases.ts';
import { NEWER_CASES } from './newer-cases.ts';
import { Pair } from './pair.ts';
import { isAsked, TABLE_CASES } from './table-cases.ts';
import { TALK_CASES } from './talk-cases.ts';

export { ALL_KNOWN, type Case, knownReason };

export const CASES: readonly Case[] = [
  ...LINE_CASES,
  ...TALK_CASES,
  ...ACL_CASES,
  ...TABLE_CASES,
  ...NEWER_CASES,
];

/**
 * `alike`: same bytes but for what is masked. `known`: they differ as documented. `differs`:
 * anything else.
 */
export type Verdict = 'alike' | 'known' | 'differs';

export interface Comparison {
  readonly verdict: Verdict;
  readonly original: string;
  readonly ours: string;
  /** Why they may differ, if there is a reason. */
  readonly reason: string | null;
}

/** The servers and the two pairs of Sentinels that all cases share. */
export class Stage {
  readonly #oracle: Oracle;
  readonly #servers: readonly RedisServer[];
  readonly #pairs: Readonly<Record<PairName, Pair>>;

  private constructor(
    oracle: Oracle,
    servers: readonly RedisServer[],
    pairs: Readonly<Record<PairName, Pair>>,
  ) {
    this.#oracle = oracle;
    this.#servers = servers;
    this.#pairs = pairs;
  }

  static async start(oracle: Oracle): Promise<Stage> {
    const servers: RedisServer[] = [];
    const pairs: Pair[] = [];
    const { env } = oracle;
    const group = async (replicas: number) => {
      const master = await RedisServer.start({ env });
      servers.push(master);
      for (let count = 0; count < replicas; count += 1) {
        servers.push(await RedisServer.start({ env, replicaOf: master.address }));
      }
      return master;
    };
    try {
      const nowhere = await freePort();
      pairs.push(await Pair.start(oracle, await group(2), nowhere));
      const secured = { password: PASSWORD, lines: SECURED_LINES };
      pairs.push(await Pair.start(oracle, await group(1), nowhere, secured));
      await pairs[0]!.settle(2);
      await pairs[1]!.settle(1);
      return new Stage(oracle, servers, { open: pairs[0]!, secured: pairs[1]! });
    } catch (error) {
      for (const pair of pairs) await pair.dispose();
      for (const server of servers) await server.dispose();
      throw error;
    }
  }

  async judge(one: Case): Promise<Comparison> {
    const { original, ours } = await this.#pairs[one.pair].ask(one);
    this.#pairs[one.pair].assertAlive(one);
    const reason = knownReason(one.name, this.#oracle.name);
    const known = reason !== null;
    if ((original === ours) === known) return { verdict: 'differs', original, ours, reason };
    return { verdict: known ? 'known' : 'alike', original, ours, reason };
  }

  /** The commands that the original lists and no case asks for. */
  async unasked(): Promise<readonly string[]> {
    return (await this.#pairs.open.commands()).filter((command) => !isAsked(command));
  }

  async dispose(): Promise<void> {
    for (const pair of Object.values(this.#pairs)) await pair.dispose();
    for (const server of this.#servers) await server.dispose();
  }
}

const say = (text: string) => process.stdout.write(`${text}\n`);
const indented = (text: string) => text.replace(/^/gm, '    ');

/** Puts the cases to one oracle. @returns how many differ without a reason */
async function compare(oracle: Oracle, cases: readonly Case[], quiet: boolean): Promise<number> {
  const counts: Record<Verdict, number> = { alike: 0, known: 0, differs: 0 };
  const stage = await Stage.start(oracle);
  try {
    for (const command of await stage.unasked()) {
      counts.differs += 1;
      say(`DIFFERS  ${command}: no case asks for it`);
    }
    for (const one of cases) {
      const { verdict, original, ours, reason } = await stage.judge(one);
      counts[verdict] += 1;
      if (verdict === 'known' && !quiet) say(`known    ${one.name}: ${reason}`);
      if (verdict === 'alike' && !quiet) say(`alike    ${one.name}`);
      if (verdict !== 'differs') continue;
      say(`DIFFERS  ${one.name}${reason === null ? '' : ` (should: ${reason})`}`);
      say(`  original\n${indented(original)}\n  ours\n${indented(ours)}`);
    }
  } finally {
    await stage.dispose();
  }
  const { alike, known, differs } = counts;
  const { name, version, proven, compat } = oracle;
  const note = version === proven ? '' : `, proven with ${proven}: the number is not compared`;
  say(
    `${cases.length} cases: ${alike} alike, ${known} differ as documented, ${differs} differ ` +
      `(${name}, version ${version}, beside compat ${compat}${note})`,
  );
  return differs;
}

export interface Wishes {
  readonly oracles: readonly OracleName[];
  readonly quiet: boolean;
  /** The cases are put to them, and whole scenarios are played with them (`Tools.play`). */
  readonly cases: boolean;
  readonly scenarios: boolean;
  /** What the names of the cases must contain. */
  readonly text: string;
}

const HELP = `npm run parity [-- OPTION … WORD …]

  Puts the same requests to an original and to ours, byte by byte; words choose those whose names
  contain them. Exit status 0: nothing differs that is not documented.

  --oracle NAME    ${ORACLES.join(', ')} (default installed); fetched once when it is not there
  --scenarios      events, mixed fleets and take-overs with it in place of the requests
  --all            everything, with all of them
  --quiet          only what differs, and the sums
  --help           this text`;

/** The words behind `npm run parity --`, or what is wrong with them. */
export function readWishes(argv: readonly string[]): Wishes | string {
  const words: string[] = [];
  const named: OracleName[] = [];
  let [all, quiet, scenarios] = [false, false, false];
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at]!;
    if (word === '--all') all = true;
    else if (word === '--quiet') quiet = true;
    else if (word === '--scenarios') scenarios = true;
    else if (word === '--oracle') {
      at += 1;
      const found = ORACLES.find((one) => one === argv[at]);
      if (found === undefined) return `--oracle wants one of ${ORACLES.join(', ')}`;
      named.push(found);
    } else if (word.startsWith('--')) return `there is no ${word}: npm run parity -- --help`;
    else words.push(word);
  }
  const oracles = all ? ORACLES : named.length > 0 ? named : (['installed'] as const);
  const text = words.join(' ').toLowerCase();
  return { oracles, quiet, cases: all || !scenarios, scenarios: all || scenarios, text };
}

export interface Tools {
  /** Fetches an oracle that is not there yet: null, or why it cannot be had. */
  provide(name: OracleName): string | null;
  /**
   * Plays events, mixed fleets and take-overs with the originals on this PATH. Did all go as it
   * should?
   */
  play(env: NodeJS.ProcessEnv): boolean;
}

export async function main(argv: readonly string[], { provide, play }: Tools): Promise<number> {
  if (argv.includes('--help')) {
    say(HELP);
    return 0;
  }
  const wishes = readWishes(argv);
  if (typeof wishes === 'string') {
    say(wishes);
    return 2;
  }
  const cases = CASES.filter(({ name }) => name.toLowerCase().includes(wishes.text));
  if (cases.length === 0) {
    say(
      `no case is called '${wishes.text}'; options stand behind the --: npm run parity -- --help`,
    );
    return 2;
  }
  let [differing, skipped] = [0, 0];
  for (const name of wishes.oracles) {
    const reason = name === 'installed' ? null : provide(name);
    const oracle = reason === null ? findOracle(name) : { missing: reason };
    if ('missing' in oracle) {
      say(`skipped  ${name}: ${oracle.missing}`);
      skipped += 1;
      continue;
    }
    if (wishes.cases) differing += await compare(oracle, cases, wishes.quiet);
    if (!wishes.scenarios) continue;
    const well = play(oracle.env);
    say(`scenarios: ${well ? 'as they should be' : 'FAILED'} (${name}, version ${oracle.version})`);
    if (!well) differing += 1;
  }
  if (skipped > 0) say(`${skipped} of ${wishes.oracles.length} oracles skipped`);
  return differing === 0 ? 0 : 1;
}
