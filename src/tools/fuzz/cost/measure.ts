/**
 * Four sizes, each twice the one before: what they cost, and how that grows.
 */
import { type Given, type Served, serve } from './room.ts';
import { timed } from './watch.ts';

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
  readonly given?: (n: number) => Given;
  /** Instead of a request: what is done is what is returned. */
  readonly work?: (n: number) => () => void;
  /**
   * The text is the operator's own file, or many requests: it may hold the loop in proportion to
   * its length.
   */
  readonly patient?: true;
}

export interface Row {
  readonly one: Case;
  /** ms at n, 2n, 4n, 8n; fewer when one was far too long. */
  readonly ms: readonly number[];
  /** Of the longest time for which no other client was served, at any size. */
  readonly hold: number;
  /** Cost grows with the size to this power; null: too quick to say. */
  readonly exponent: number | null;
  readonly head: string;
  /** What is wrong, or null. */
  readonly flaw: string | null;
}

export const SIZES = [1, 2, 4, 8];
/** Below, it is the loop that is measured. */
const FLOOR_MS = 1;
/**
 * n·log n grows by 2.2 at most from one of these sizes to the next; the rest is left to the
 * collector.
 */
export const EXPONENT_MAX = 1.3;
/**
 * Something so short may mostly be the collector's work, which comes in steps: only a clear square
 * counts.
 */
const SHORT_MS = 100;
const SHORT_EXPONENT_MAX = 1.8;
/** And so soon, nothing does. */
const NOTHING_MS = 10;
export const HOLD_MAX_MS = 100;
/** What took so long is not tried again, nor anything larger. */
const ENOUGH_MS = 500;

/** One measurement; what it needs is made anew. */
export async function once(one: Case, n: number): Promise<Served> {
  if (one.work === undefined) return serve(one.given?.(n) ?? {}, one.request!(n));
  return { ...timed(one.work(n)), head: '' };
}

/** The best of several runs: whatever else the machine does only adds. */
async function best(one: Case, n: number, runs: number): Promise<Served> {
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

function grows(ms: readonly number[], exponent: number | null): boolean {
  const longest = ms.at(-1)!;
  if (exponent === null || longest < NOTHING_MS) return false;
  return exponent > (longest < SHORT_MS ? SHORT_EXPONENT_MAX : EXPONENT_MAX);
}

function verdict(one: Case, { ms, hold }: { ms: readonly number[]; hold: number }): string | null {
  if (grows(ms, exponentOf(ms))) return 'GROWS';
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
  return { one, ms, hold, exponent: exponentOf(ms), head, flaw: verdict(one, { ms, hold }) };
}

function better(a: Row, b: Row): Row {
  const ms = a.ms.map((one, at) => Math.min(one, b.ms[at] ?? one));
  const hold = Math.min(a.hold, b.hold);
  return { ...a, ms, hold, exponent: exponentOf(ms), flaw: verdict(a.one, { ms, hold }) };
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
