/**
 * The nursery: V8's space for new objects, where nearly everything a Sentinel allocates dies. Left
 * alone, V8 lets it grow to 32 MB and more (128 with Node 24) under load, and never shrinks it
 * again. A running process cannot set its limit, but it can set its rate of growth: none, except
 * when asked.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

const MB = 1024 * 1024;
/** For many groups: next to nothing outlives it. Half of it is where survivors are copied to. */
const WANTED_BYTES = 8 * MB;
/** Objects per round that live long enough to be copied; far more rounds than it takes. */
const ROUND_OBJECTS = 2000;
const ROUNDS_MAX = 500;

function nurseryBytes(): number {
  const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  return space?.space_size ?? WANTED_BYTES;
}

/** Call it first: keeps V8's initial size (2 MB). */
export function holdNursery(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** Grows the nursery to its final size; takes some 30 ms. */
export function growNursery(): void {
  setFlagsFromString('--semi-space-growth-factor=2');
  const living: object[][] = [];
  for (let round = 0; round < ROUNDS_MAX && nurseryBytes() < WANTED_BYTES; round++) {
    living[round % 64] = Array.from({ length: ROUND_OBJECTS }, (_, index) => ({ index }));
  }
  setFlagsFromString('--semi-space-growth-factor=1');
}
