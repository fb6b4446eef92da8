/**
 * Four sizes, each twice the one before: what they cost, and how that grows.
 */
import { serve, type Taken, type World } from './room.ts';

/** One thing that grows. */
export interface Case {
  /** The row of the command table, or the part of the house. */
  readonly name: string;
  /** What there is `n` of. */
  readonly grows: string;
  /** The smallest of the sizes; the largest is eight times that. */
  readonly n: number;
  /** The bytes of the request. */
  readonly request?: (n: number) => string;
  /** What was there before it. */
  readonly world?: (n: number) => World;
  /** Instead of a request: what is done is what is returned. */
  readonly work?: (n: number) => () => void;
  /** It is the operator's own file, or many requests: it may hold the loop for as long as it is long. */
  readonly patient?: true;
}

export interface Row {
  readonly one: Case;
  /** ms at n, 2n, 4n, 8n; fewer when one was far too long. */
  readonly ms: readonly number[];
  /** Of the longest time nobody else was served, at any size. */
  readonly hold: number;
  /** Cost grows with the size to this power; null: too quick to say. */
  readonly exponent: number | null;
  readonly head: string;
  /** What is wrong, or null. */
  readonly flaw: string | null;
}

export const SIZES = [1, 2, 4, 8];
/** Below, it is the loop that is measured. */
const FLOOR_MS = 3;
/** n·log n doubles by 2.2 at most at these sizes; the rest is left to the collector. */
export const EXPONENT_MAX = 1.3;
export const HOLD_MAX_MS = 100;
/** What took so long is not tried again, nor anything larger. */
const ENOUGH_MS = 500;

async function once(one: Case, n: number): Promise<Taken> {
  if (one.work === undefined) return serve(one.world?.(n) ?? {}, one.request!(n));
  const work = one.work(n);
  const start = performance.now();
  work();
  const ms = performance.now() - start;
  return { ms, hold: ms, head: '' };
}

/** The best of several runs: whatever else the machine does only adds. */
async function best(one: Case, n: number, runs: number): Promise<Taken> {
  let found = await once(one, n);
  for (let left = runs - 1; left > 0 && found.ms < ENOUGH_MS; left--) {
    const { ms, hold } = await once(one, n);
    found = { ...found, ms: Math.min(ms, found.ms), hold: Math.min(hold, found.hold) };
  }
  return found;
}

/** From the first size that can be measured to the last. */
export function exponentOf(ms: readonly number[]): number | null {
  const from = ms.findIndex((one) => one >= FLOOR_MS);
  const to = ms.length - 1;
  if (from < 0 || from >= to) return null;
  return Math.log(ms[to]! / ms[from]!) / Math.log(SIZES[to]! / SIZES[from]!);
}

function verdict(one: Case, exponent: number | null, hold: number): string | null {
  if (exponent !== null && exponent > EXPONENT_MAX) return 'GROWS';
  return hold > HOLD_MAX_MS && one.patient !== true ? 'HOLDS' : null;
}

async function attempt(one: Case, runs: number): Promise<Row> {
  const ms: number[] = [];
  let hold = 0;
  let head = '';
  for (const size of SIZES) {
    const taken = await best(one, one.n * size, runs);
    ms.push(taken.ms);
    hold = Math.max(hold, taken.hold);
    head = taken.head;
    if (taken.ms > ENOUGH_MS) break;
  }
  const exponent = exponentOf(ms);
  return { one, ms, hold, exponent, head, flaw: verdict(one, exponent, hold) };
}

function better(a: Row, b: Row): Row {
  const ms = a.ms.map((one, at) => Math.min(one, b.ms[at] ?? one));
  const hold = Math.min(a.hold, b.hold);
  const exponent = exponentOf(ms);
  return { ...a, ms, hold, exponent, flaw: verdict(a.one, exponent, hold) };
}

/** Measures a case, and once more before it is called too slow. */
export async function measure(one: Case): Promise<Row> {
  try {
    // The first time code is compiled.
    await once(one, Math.ceil(one.n / 8));
    const first = await attempt(one, 3);
    const hopeless = first.ms.at(-1)! > ENOUGH_MS;
    return first.flaw === null || hopeless ? first : better(first, await attempt(one, 5));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { one, ms: [], hold: 0, exponent: null, head: '', flaw: `FAILED: ${text}` };
  }
}
