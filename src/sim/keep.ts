/** The file that keeps a long campaign: what was seen so far, which seeds were not ended, where to go on. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Tally } from './campaign.ts';

export interface Kept {
  readonly sum: Tally;
  /** First seeds of the batches that were begun and not ended. */
  readonly left: readonly number[];
  /** The first seed that nobody has begun. */
  readonly next: number;
  /** How long it took so far. */
  readonly seconds: number;
}

export interface Keep {
  /** Returns null when there is nothing to go on with. Throws `Error` when the file is not of a campaign. */
  read(): Kept | null;
  write(kept: Kept): void;
}

/** `options`: what the seeds are run with; a file of other options is refused. */
export function keepIn(file: string, options: object): Keep {
  return {
    read() {
      if (!existsSync(file)) return null;
      let kept: Kept & { options: object };
      try {
        kept = JSON.parse(readFileSync(file, 'utf8'));
        kept = { ...kept, sum: { ...kept.sum, lost: new Map(kept.sum.lost) } };
      } catch (error) {
        const why = (error as Error).message;
        throw new Error(`${file} is not the file of a campaign (${why}): name another one`);
      }
      const theirs = JSON.stringify(kept.options);
      if (theirs !== JSON.stringify(options)) {
        throw new Error(`${file} keeps a campaign with the options ${theirs}: name another one`);
      }
      return kept;
    },
    write(kept) {
      const { sum } = kept;
      writeFileSync(
        `${file}.new`,
        JSON.stringify({ ...kept, sum: { ...sum, lost: [...sum.lost] }, options }),
      );
      renameSync(`${file}.new`, file);
    },
  };
}
