/**
 * The nursery: where V8 puts what is new, and where nearly all that a Sentinel allocates is forgotten at once. By itself V8
 * lets it grow to 32 MB and more (128 with Node 24) when much is done, and that stays; how large it may become cannot be
 * said to a process that runs, how fast it grows can.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

const MB = 1024 * 1024;
/** Enough that next to nothing outlives it; twice it, since half of it is where survivors are copied to. */
const WANTED_BYTES = 8 * MB;
/** Of objects that live long enough to be copied; far more rounds than it takes. */
const ROUND = 2000;
const ROUNDS_MAX = 500;

function nurseryBytes(): number {
  const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  return space?.space_size ?? WANTED_BYTES;
}

/** Call it first: it makes the nursery as large as it will ever be. */
export function settleNursery(): void {
  setFlagsFromString('--semi-space-growth-factor=2');
  const living: object[][] = [];
  for (let round = 0; round < ROUNDS_MAX && nurseryBytes() < WANTED_BYTES; round++) {
    living[round % 64] = Array.from({ length: ROUND }, (_, index) => ({ index }));
  }
  setFlagsFromString('--semi-space-growth-factor=1');
}
