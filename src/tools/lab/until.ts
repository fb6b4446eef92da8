/**
 * Waiting for something to become true on real processes. Nothing in the lab sleeps and hopes: it
 * names a condition and a reason, and says the reason when the time is over.
 */

export interface UntilOptions {
  /** Give up after this many milliseconds (default 20 000). */
  readonly timeoutMs?: number;
  /** Look again after this many milliseconds (default 25). */
  readonly everyMs?: number;
}

/** Resolves after `ms` milliseconds. For pacing only, never instead of a condition. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Calls `condition` again and again until it returns something truthy, and resolves to that.
 * `reason` may be a function when it has something to say about the outcome.
 * A condition that throws counts as not yet true; its last error is the cause of the final one.
 * @throws Error "timed out after … ms waiting until <reason>"
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  reason: string | (() => string),
  options: UntilOptions = {},
): Promise<NonNullable<T>> {
  const timeoutMs = options.timeoutMs ?? 20_000;
  const everyMs = options.everyMs ?? 25;
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) {
      const detail = cause instanceof Error ? ` (${cause.message})` : '';
      const what = typeof reason === 'string' ? reason : reason();
      throw new Error(`timed out after ${timeoutMs} ms waiting until ${what}${detail}`, { cause });
    }
    await pause(everyMs);
  }
}
