/** `npm run sim`: campaigns of fresh seeds, replays, plain failovers, mutants. */
import { parseArgs } from 'node:util';
import { failureText, runCampaign } from './campaign.ts';
import { type Kept, keepIn } from './checkpoint.ts';
import { ALL_KINDS, type FaultKind, type Overrides } from './conditions.ts';
import { playDrills } from './drills/index.ts';
import { huntMutants } from './mutate.ts';
import { plainFailovers } from './plain.ts';
import { simulate } from './run.ts';
import type { Tally } from './tally.ts';

const USAGE = `npm run sim -- [what] [how]

  (nothing)            fresh seeds for 30 seconds
  --seconds N          fresh seeds for so long
  --runs N             so many seeds
  --failovers N        until so many failovers were simulated
  --seed N             that seed, with its transcript
  --plain N            so many plain three-Sentinel failovers
  --drills             situations of minutes, each with what must come of it
  --mutants [WORDS]    hunt the deliberate faults (whose names contain the words)

  --from N             the first seed (default: drawn)
  --workers N          threads (default 1)
  --failures N         goes on until so many runs failed (default 1)
  --keep FILE          goes on where the campaign of this file was cut off, and keeps it there
  --seeds N            seeds a mutant may survive (default 20000)
  --faults A,B         only these kinds of trouble: ${ALL_KINDS.join(' ')}
  --sentinels N        so many Sentinels
  --last N             entries of the transcript that are shown (default 200)
`;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

const SENTINELS_MAX = 7;

/** Throws `Error` with the text for the user. */
export function overridesOf(values: { faults?: string; sentinels?: string }): Overrides {
  const words = values.faults?.split(',');
  const unknown = words?.find((word) => !ALL_KINDS.includes(word as FaultKind));
  if (unknown !== undefined) {
    throw new Error(`--faults: there is no '${unknown}' (${ALL_KINDS.join(', ')})`);
  }
  const sentinels = values.sentinels === undefined ? undefined : Number(values.sentinels);
  const sizes = Array.from({ length: SENTINELS_MAX }, (_, index) => index + 1);
  if (sentinels !== undefined && !sizes.includes(sentinels)) {
    throw new Error(`--sentinels wants a number from 1 to ${SENTINELS_MAX}`);
  }
  return {
    ...(words === undefined ? {} : { faults: words as FaultKind[] }),
    ...(sentinels === undefined ? {} : { sentinels }),
  };
}

function report(tally: Tally, seconds: number): void {
  const rate = (count: number) => (count / seconds).toFixed(0);
  const hours = (tally.virtualMs / 3_600_000).toFixed(1);
  say(
    `${tally.runs} runs, ${tally.failovers} failovers, ${hours} virtual hours, ` +
      `${tally.turns} turns`,
  );
  say(
    `in ${seconds.toFixed(1)} s: ${rate(tally.failovers)} failovers a second, ` +
      `${rate(tally.turns)} turns a second`,
  );
  let lost = 0;
  for (const count of tally.lost.values()) lost += count;
  say(`${tally.acknowledged} writes acknowledged, ${lost} of them lost`);
  for (const [cause, count] of [...tally.lost].sort()) say(`  ${count} ${cause}`);
}

function replay(seed: number, overrides: Overrides, last: number): number {
  const outcome = simulate(seed, { overrides, keepAll: true });
  if (outcome.violation !== null) {
    say(failureText(outcome, overrides, last));
    return 1;
  }
  say(outcome.world.record.table(last));
  say(`options ${JSON.stringify(outcome.conditions)}`);
  say(
    `seed ${seed}: nothing violated, ${outcome.failovers} failovers, transcript ` +
      `${outcome.fingerprint}`,
  );
  return 0;
}

async function mutants(only: string, seeds: number, workers: number, from: number) {
  let escaped = 0;
  say('| deliberate fault | caught by | after seeds | what the checker said |');
  say('|---|---|---|---|');
  await huntMutants({ only, from, seeds, workers }, ({ mutant, by, seeds: tried }) => {
    if (by === null) escaped += 1;
    say(`| ${mutant.name} | ${by?.rows ?? '**nobody**'} | ${tried} | ${by?.sentence ?? ''} |`);
  });
  say(escaped === 0 ? 'all caught' : `${escaped} got away`);
  return escaped === 0 ? 0 : 1;
}

function plain(count: number): number {
  plainFailovers(50, 1);
  const cpu = process.cpuUsage();
  const began = performance.now();
  const { turns } = plainFailovers(count, 2);
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const used = (user + system) / 1e6;
  say(
    `${count} plain failovers (${turns} turns) in ${seconds.toFixed(1)} s, ` +
      `${used.toFixed(1)} s of one core:`,
  );
  say(
    `${(count / seconds).toFixed(0)} a second, ${(count / used).toFixed(0)} a second of ` +
      'processor time',
  );
  return 0;
}

function drills(): number {
  const broken = playDrills(({ name, seeds }) => say(`${name}: ${seeds} seeds, as it should be`));
  if (broken === null) return 0;
  say(`${broken.drill}: seed ${broken.seed}, violated ${broken.rows}: ${broken.sentence}`);
  return 1;
}

/** Returns the exit status: 0 when nothing was violated. */
export async function main(argv: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const names = [
    'seconds',
    'runs',
    'failovers',
    'seed',
    'plain',
    'from',
    'workers',
    'seeds',
    'last',
    'failures',
    'keep',
  ];
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...Object.fromEntries(names.map((name) => [name, text])),
      faults: text,
      sentinels: text,
      mutants: { type: 'boolean' },
      drills: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  }) as { values: Record<string, string | undefined>; positionals: string[] };
  if (values.help) {
    say(USAGE);
    return 0;
  }
  const number = (name: string, initial: number) =>
    values[name] === undefined ? initial : Number(values[name]);
  let overrides: Overrides;
  try {
    overrides = overridesOf(values);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 1;
  }
  const workers = number('workers', 1);
  const from = number('from', Math.floor(Math.random() * 2 ** 40));
  if (values.seed !== undefined) return replay(number('seed', 1), overrides, number('last', 200));
  if (values.plain !== undefined) return plain(number('plain', 1000));
  if (values.drills) return drills();
  if (values.mutants) {
    return mutants(positionals.join(' '), number('seeds', 20_000), workers, number('from', 1));
  }
  const keep = values.keep === undefined ? undefined : keepIn(values.keep, overrides);
  let kept: Kept | null | undefined;
  try {
    kept = keep?.read();
  } catch (error) {
    process.stderr.write(`--keep: ${(error as Error).message}\n`);
    return 1;
  }
  say(
    kept
      ? `${kept.sum.runs} runs and ${kept.sum.failovers} failovers are kept, seeds go on from ` +
          `${kept.next}`
      : `seeds from ${from}`,
  );
  const began = performance.now();
  const seconds = () => (kept?.seconds ?? 0) + (performance.now() - began) / 1000;
  const limit =
    (values.runs ?? values.failovers) ? Number.POSITIVE_INFINITY : number('seconds', 30);
  const runs = number('runs', Number.POSITIVE_INFINITY);
  const failovers = number('failovers', Number.POSITIVE_INFINITY);
  let told = seconds();
  let shown = 0;
  const tally = await runCampaign({
    from,
    workers,
    overrides,
    keep,
    failures: number('failures', 1),
    enough: (sum) => seconds() >= limit || sum.runs >= runs || sum.failovers >= failovers,
    progress: (sum) => {
      for (; shown < sum.failures.length; shown++) say(`\n${sum.failures[shown]!.text}\n`);
      if (seconds() - told < 60) return;
      told = seconds();
      say(`${sum.runs} runs, ${sum.failovers} failovers in ${told.toFixed(0)} s`);
    },
  });
  report(tally, seconds());
  say(tally.failures.length === 0 ? 'nothing violated' : `${tally.failures.length} runs FAILED`);
  return tally.failures.length === 0 ? 0 : 1;
}
