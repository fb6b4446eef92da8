/**
 * Gives back memory after a busy moment. V8 collects garbage when something is allocated, and an
 * idle Sentinel allocates next to nothing: what a flood of clients left behind would stay for
 * hours.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const MB = 1024 * 1024;
const LOOK_MS = 1_000;
/**
 * Growth since the last collection, or a decrease of what is kept, that is worth a pause of some 20
 * ms.
 */
const GROWN_BYTES = 24 * MB;
const FREED_BYTES = 8 * MB;
/**
 * Looks after which it is repeated: pages that the first collection emptied are given back by the
 * second.
 */
const AGAIN_AFTER = 5;

export interface ThriftPorts {
  /** Approximate bytes kept for clients, servers and Sentinels. */
  keptBytes(): number;
  /** Default: of this process. */
  residentBytes?(): number;
  /** Default: V8's collector. */
  collect?(): void;
}

export class Thrift {
  readonly #ports: Required<ThriftPorts>;
  #timer: NodeJS.Timeout | null = null;
  /** Since the last collection. */
  #leastBytes = Number.POSITIVE_INFINITY;
  #mostKept = 0;
  #againIn = 0;

  constructor(ports: ThriftPorts) {
    this.#ports = { residentBytes: process.memoryUsage.rss, collect: collector(), ...ports };
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), LOOK_MS);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** Once a second. */
  look(): void {
    const { residentBytes, keptBytes, collect } = this.#ports;
    const [bytes, kept] = [residentBytes(), keptBytes()];
    this.#leastBytes = Math.min(this.#leastBytes, bytes);
    this.#mostKept = Math.max(this.#mostKept, kept);
    const grown = bytes >= this.#leastBytes + GROWN_BYTES;
    const freed = kept <= this.#mostKept - FREED_BYTES;
    const again = this.#againIn === 1;
    this.#againIn = grown || freed ? AGAIN_AFTER : Math.max(this.#againIn - 1, 0);
    if (!grown && !freed && !again) return;
    collect();
    this.#leastBytes = residentBytes();
    this.#mostKept = kept;
  }
}

/** V8's own collector, which is exposed only on request. */
function collector(): () => void {
  let collect: (() => void) | null = null;
  return () => {
    collect ??= exposed();
    // Mostly empty pages are evacuated: they are what is to be given back.
    setFlagsFromString('--compact-on-every-full-gc');
    collect();
    setFlagsFromString('--no-compact-on-every-full-gc');
  };
}

/** On demand only: a context costs half a megabyte. */
function exposed(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
