/** `npm run bench -- WHAT …`: what can be measured, each with a file and options of its own. */
import { exitOnSignals } from '../lab/index.ts';
import { main as failover } from './failover.ts';
import { main as footprint } from './footprint.ts';
import { main as queries } from './queries.ts';
import { main as recorder } from './recorder.ts';
import { main as scale } from './scale.ts';

const SUBJECTS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  failover,
  footprint,
  queries,
  recorder,
  scale,
};

/**
 * @returns the exit code: 0 measured, 1 a measurement did not finish, 2 no known measurement was
 * named
 */
export async function main(args: readonly string[]): Promise<number> {
  const [word = '', ...rest] = args;
  const subject = Object.hasOwn(SUBJECTS, word) ? SUBJECTS[word] : undefined;
  if (subject !== undefined) {
    exitOnSignals();
    return subject(rest);
  }
  const names = Object.keys(SUBJECTS).join(' | ');
  const help = `npm run bench -- ${names} [OPTION …]; --help after a word tells its options\n`;
  const asked = word === '--help';
  (asked ? process.stdout : process.stderr).write(help);
  return asked ? 0 : 2;
}
