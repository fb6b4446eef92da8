/**
 * Where an error belongs: an error in serving one client ends that client's connection; one in the
 * process behind the server (the core, a turn's effects) is not the fault of the client being
 * served, and is passed on.
 */
const internalErrors = new WeakSet<Error>();

/** Calls into the rest of the process. @throws whatever that throws, past every `guarded` */
export function inTheHouse(work: () => void): void {
  try {
    work();
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    internalErrors.add(error);
    throw error;
  }
}

/** Serves one client; `failed` gets an error of that. @throws errors of the rest of the process */
export function guarded(work: () => void, failed: (error: unknown) => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof Error && internalErrors.has(error)) throw error;
    failed(error);
  }
}

/**
 * The type of an error and where it came from. Not its message: that may repeat what a client sent.
 */
export function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const place = /^\s*at .*$/m.exec(error.stack ?? '')?.[0].trim();
  return place === undefined ? error.name : `${error.name} ${place}`;
}
