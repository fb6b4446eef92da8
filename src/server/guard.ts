/**
 * Whose error it is: what goes wrong in serving one client ends that client's connection; what goes wrong in the house
 * behind it (the core, a turn's effects) is nobody's who happens to stand at the door, and is passed on.
 */
const internalErrors = new WeakSet<Error>();

/** Calls into the house. @throws whatever it throws, which no `guarded` holds up */
export function inTheHouse(work: () => void): void {
  try {
    work();
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    internalErrors.add(error);
    throw error;
  }
}

/** Serves one client; `failed` is told of an error of that. @throws errors of the house */
export function guarded(work: () => void, failed: (error: unknown) => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof Error && internalErrors.has(error)) throw error;
    failed(error);
  }
}

/** What an error is and where it came from. Not its message: that may repeat what a client said. */
export function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const place = /^\s*at .*$/m.exec(error.stack ?? '')?.[0].trim();
  return place === undefined ? error.name : `${error.name} ${place}`;
}
