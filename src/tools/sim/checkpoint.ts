/**
 * The file that keeps a long campaign: what was seen so far, which seeds were not ended, where to
 * go on.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tally } from './tally.ts';

export interface Kept {
  readonly sum: Tally;
  /** First seeds of the batches that were begun and not ended. */
  readonly left: readonly number[];
  /** The first seed that has not been begun. */
  readonly next: number;
  /** How long it took so far. */
  readonly seconds: number;
}

export interface Checkpoint {
  /**
   * Returns null when there is nothing to go on with. Throws `Error` when the file is not of a
   * campaign.
   */
  read(): Kept | null;
  write(kept: Kept): void;
}

/** What decides how a run of a seed goes. */
const ROOMS = ['core', 'config', 'flight', 'tools/sim'];

/**
 * A hash of the program that plays the seeds: sums of two different ones say nothing about either.
 */
export function programHash(): string {
  const hash = createHash('sha256');
  for (const room of ROOMS) {
    const folder = fileURLToPath(new URL(`../../${room}/`, import.meta.url));
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    for (const name of names.filter((one) => /\.[jt]s$/.test(one)).sort()) {
      hash.update(name).update(readFileSync(join(folder, name)));
    }
  }
  return hash.digest('hex');
}

/**
 * `options`: what the seeds are run with; a file of other options, or of another `program`, is
 * refused.
 */
export function keepIn(file: string, options: object, program = programHash()): Checkpoint {
  return {
    read() {
      if (!existsSync(file)) return null;
      let kept: Kept & { options: object; program: string };
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
      if (kept.program !== program) {
        throw new Error(
          `${file} keeps a campaign of another version of the program: name another one`,
        );
      }
      return kept;
    },
    write(kept) {
      const { sum } = kept;
      writeFileSync(
        `${file}.new`,
        JSON.stringify({ ...kept, sum: { ...sum, lost: [...sum.lost] }, options, program }),
      );
      renameSync(`${file}.new`, file);
    },
  };
}
