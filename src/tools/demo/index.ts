/**
 * `npm run demo`: a master, two replicas, three Sentinels and a writer on this machine; the master
 * is killed, the writer is led over, the old master comes back. Everything lives in one temporary
 * folder and ends with the demonstration, also on Ctrl-C; `--keep` leaves the group running.
 */
import { parseArgs } from 'node:util';
import { keepFolder, type SentinelKind, temporaryFolder } from '../lab/index.ts';
import { say } from './screen.ts';
import { tell } from './story.ts';

const HELP = `npm run demo [-- OPTION …]

  --keep             leave the servers and the Sentinels running, and say how to end them
  --down-after MS    how long a master may be silent (default 1000)
  --original         use the installed redis-sentinel in place of ours, for comparison
  --help             this text`;

/** @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  const options = read(args);
  if (options === null) return 2;
  if (options.help) {
    say(HELP);
    return 0;
  }
  // The lab ends its processes and removes its folders when this process exits.
  const leave = () => process.exit(130);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, leave);
  const folder = temporaryFolder('redis-sentinel-ts-demo');
  process.env.TMPDIR = folder;
  try {
    await tell({ ...options, folder });
    if (options.keep) keepFolder(folder);
    return 0;
  } catch (error) {
    say(`\nThe demonstration failed: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

interface Options {
  readonly keep: boolean;
  readonly help: boolean;
  readonly kind: SentinelKind;
  readonly downAfter: number;
}

function read(args: readonly string[]): Options | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        original: { type: 'boolean', default: false },
        'down-after': { type: 'string', default: '1000' },
      },
    });
    const downAfter = Number(values['down-after']);
    if (!Number.isInteger(downAfter) || downAfter < 1) throw new Error('--down-after wants ms');
    const kind = values.original ? 'original' : 'ours';
    return { keep: values.keep, help: values.help, kind, downAfter };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${HELP}\n`);
    return null;
  }
}
