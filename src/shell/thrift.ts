/**
 * Gives back what a busy moment needed. V8 collects when something is allocated, and a Sentinel that has become quiet
 * allocates next to nothing: what a flood of clients left behind would stay for hours.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const LOOK_MS = 5_000;
/** So much more than after the last time is worth the pause of some 30 ms. */
const GROWN_BYTES = 24 * 1024 * 1024;

export class Thrift {
  readonly #collect: () => void;
  readonly #residentBytes: () => number;
  #timer: NodeJS.Timeout | null = null;
  #leastBytes = Number.POSITIVE_INFINITY;

  constructor(collect = collector(), residentBytes = () => process.memoryUsage.rss()) {
    this.#collect = collect;
    this.#residentBytes = residentBytes;
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), LOOK_MS);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** Collects when much has come since it last did. What stays after that is needed, for all we know. */
  look(): void {
    const bytes = this.#residentBytes();
    this.#leastBytes = Math.min(this.#leastBytes, bytes);
    if (bytes < this.#leastBytes + GROWN_BYTES) return;
    this.#collect();
    this.#leastBytes = this.#residentBytes();
  }
}

/** V8's own, which has no name unless one asks for it. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
