/** Which clients run against which fleets of Sentinels; and the options that choose them. */

import { parseArgs } from 'node:util';
import type { SentinelKind } from '../lab/index.ts';
import { choose } from '../lab/index.ts';
import { CLIENTS, type Client } from './catalogue.ts';

/** Three Sentinels in one quorum. */
export interface Fleet {
  readonly word: string;
  readonly kinds: readonly SentinelKind[];
}

export const FLEETS: readonly Fleet[] = [
  { word: 'original', kinds: ['original', 'original', 'original'] },
  { word: 'ours', kinds: ['ours', 'ours', 'ours'] },
  { word: 'mixed', kinds: ['ours', 'ours', 'original'] },
];

export interface Plan {
  readonly clients: readonly Client[];
  readonly fleets: readonly Fleet[];
  /** ms */
  readonly downAfter: number;
  /** May Debian packages be installed? */
  readonly install: boolean;
  /** One Markdown row a client instead of one line a client and fleet. */
  readonly markdown: boolean;
  /** Put that into docs/CLIENTS.md. */
  readonly write: boolean;
}

export const HELP = `npm run clients [-- OPTION …]

  --only LIST      these clients only: ${CLIENTS.map((one) => one.word).join(', ')}
  --fleets LIST    original, ours, mixed (2 ours and 1 original); default all
  --down-after MS  default 2000
  --markdown       print the table as docs/CLIENTS.md has it
  --write          the same, and put it there
  --no-install     skip what is not there instead of installing Debian's package of it`;

/**
 * @throws Error with a text for the user when an option makes no sense; null when help is wanted
 */
export function readPlan(args: readonly string[]): Plan | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      fleets: { type: 'string' },
      'down-after': { type: 'string', default: '2000' },
      markdown: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      'no-install': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const downAfter = Number(values['down-after']);
  if (!Number.isInteger(downAfter) || downAfter < 1) {
    throw new Error('--down-after wants a number above 0');
  }
  return {
    clients: choose('client', CLIENTS, values.only),
    fleets: choose('fleet', FLEETS, values.fleets),
    downAfter,
    install: !values['no-install'],
    markdown: values.markdown || values.write,
    write: values.write,
  };
}
