/**
 * `redis-sentinel-ts replay FILE`: replays a flight recording and reports whether the core decides
 * the same.
 */
import { readFileSync } from 'node:fs';
import yargs from 'yargs';
import { parseRecording } from './file.ts';
import type { Recording } from './record.ts';
import { type Played, replay } from './replay.ts';
import { TextFormat } from './textformat.ts';

interface ReplayPlan {
  readonly file: string;
  readonly brief: boolean;
  readonly last: number;
}

/** Differences that are shown in full. */
const SHOWN_MAX = 5;
const MARGIN = ' '.repeat(14);

/** @returns the exit code: 0 the same decisions, 1 different ones, 2 nothing to replay */
export async function main(args: readonly string[]): Promise<number> {
  let plan: ReplayPlan | null;
  try {
    plan = await readPlan(args);
  } catch {
    // yargs has reported the error.
    return 2;
  }
  if (plan === null) return 0;
  let recording: Recording;
  try {
    recording = parseRecording(readFileSync(plan.file, 'utf8'));
  } catch (error) {
    process.stderr.write(`${plan.file}: ${error instanceof Error ? error.message : error}\n`);
    return 2;
  }
  return show(recording, plan);
}

async function readPlan(args: readonly string[]): Promise<ReplayPlan | null> {
  const words = await yargs([...args])
    .scriptName('redis-sentinel-ts replay')
    .usage(
      '$0 FILE [option …]\n\n' +
        'Plays what the flight recorder of a Sentinel wrote through the core: each input with ' +
        'what was\n' +
        'decided. Exit status 0: the decisions are those that were recorded; 1: they differ; ' +
        '2: no such recording.',
    )
    .option('last', { number: true, describe: 'Show only so many turns, the last ones' })
    .option('brief', {
      boolean: true,
      default: false,
      describe: 'Leave out turns that only talk (PING, INFO, hellos, connections)',
    })
    .demandCommand(1, 1, 'Which file?', 'One file at a time.')
    .strictOptions()
    .version(false)
    .exitProcess(false)
    .parseAsync();
  if (words.help === true) return null;
  const { brief, last = Number.POSITIVE_INFINITY } = words;
  return { file: String(words._[0]), brief, last };
}

function show(recording: Recording, { brief, last }: ReplayPlan): number {
  const { entries, header, snapshot } = recording;
  const speaker = new TextFormat(header, snapshot);
  const groups = [...snapshot.groups.keys()];
  const span = ((entries.at(-1)?.at ?? 0) - (entries[0]?.at ?? 0)) / 1000;
  say(
    `written ${header.written} by version ${header.version}, pid ${header.pid}: ${header.reason}`,
  );
  say(`${entries.length} turns over ${span.toFixed(1)} s, ${groups.length} groups`);
  say();
  let number = 0;
  let differences = 0;
  for (const played of replay(recording)) {
    number += 1;
    const lines = linesOf(played, speaker);
    if (!played.same) differences += 1;
    const wanted = number > entries.length - last && !(brief && isTalk(played));
    if (wanted || (!played.same && differences <= SHOWN_MAX)) for (const line of lines) say(line);
  }
  if (number > 0) say();
  return verdict(number, entries.length, differences);
}

function verdict(played: number, recorded: number, differences: number): number {
  if (differences > 0) say(`${differences} of ${played} turns decided otherwise than recorded`);
  else if (played < recorded) say(`the turns end at ${played}, ${recorded} were recorded`);
  else say(`${played} turns, each decided as recorded`);
  return differences > 0 || played < recorded ? 1 : 0;
}

/** A turn that only keeps contact. */
function isTalk({ entry, outcome, same }: Played): boolean {
  if (!same || !('effects' in outcome) || outcome.save !== null) return false;
  if (['command', 'saved', 'start'].includes(entry.input.type)) return false;
  return outcome.effects.every((effect) => {
    if (effect.type === 'send') return /^(ping|info|publish|auth|client)$/i.test(effect.argv[0]!);
    return ['connect', 'close', 'subscribe'].includes(effect.type);
  });
}

function linesOf({ entry, outcome, same, saves }: Played, speaker: TextFormat): string[] {
  const lines = [`${speaker.time(entry.at)}  ${speaker.input(entry.input)}`];
  const now = speaker.outcome(outcome);
  for (const line of now) {
    lines.push(`${MARGIN}> ${line}`);
    if (line.startsWith('save ')) for (const change of saves) lines.push(`${MARGIN}    ${change}`);
  }
  if (same) return lines;
  const then = speaker.outcome(entry.outcome);
  lines.push(`${MARGIN}! recorded was:`);
  for (const line of then) lines.push(`${MARGIN}!   ${now.includes(line) ? ' ' : '*'} ${line}`);
  if ('wakeAt' in outcome && 'wakeAt' in entry.outcome && outcome.wakeAt !== entry.outcome.wakeAt) {
    lines.push(`${MARGIN}!   * wake at ${speaker.time(entry.outcome.wakeAt)}`);
  }
  return lines;
}

function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}
