/**
 * The backlog of a client: how much is too much at once, and for how long (commands.md §1;
 * `client-output-buffer-limit` of config.md §3).
 */
import type { OutputLimit } from './serverconfig.ts';

/** Unread replies beyond which further requests of the client wait. */
export const STALL_BYTES = 1024 * 1024;
/** A client that waits for replies and reads none for this long is closed. */
const STALL_MAX_MS = 60_000;

export class OutputLimitWatch {
  #softSince: number | null = null;
  #stalledSince: number | null = null;

  /** @returns whether the hard limit is exceeded */
  owes(bytes: number, limit: OutputLimit): boolean {
    if (limit.hardBytes > 0 && bytes > limit.hardBytes) return true;
    if (limit.softBytes === 0 || bytes <= limit.softBytes) this.#softSince = null;
    else this.#softSince ??= performance.now();
    if (bytes > STALL_BYTES) this.#stalledSince ??= performance.now();
    return false;
  }

  /** The client has read something. */
  paid(): void {
    this.#stalledSince = null;
  }

  /** Whether a time limit has passed. Subscribers have the soft limit only. */
  isOverdue(now: number, limit: OutputLimit, subscriber: boolean): boolean {
    if (this.#softSince !== null && now - this.#softSince > limit.softSeconds * 1000) return true;
    return !subscriber && this.#stalledSince !== null && now - this.#stalledSince > STALL_MAX_MS;
  }
}
