/**
 * What a Redis server refuses, and with which words: while it is busy, loading, cut off from its
 * master, a replica.
 */

/** What a server refuses depends on. */
export interface ServerState {
  readonly busy: boolean;
  readonly loading: boolean;
  readonly master: object | null;
  readonly linkUp: boolean;
  readonly options: { readonly serveStale: boolean };
  readonly pingError: string | null;
}

/** Obeyed while it loads, and while a script runs. */
const WHILE_LOADING = new Set(['INFO', 'MULTI', 'AUTH', 'CLIENT', 'PUBLISH', 'CONFIG']);
const WHILE_BUSY = new Set(['SCRIPT', 'MULTI', 'AUTH']);

/**
 * The error that answers a command, `word` being its name in upper case; null when it is obeyed.
 */
export function refusal(server: ServerState, word: string, argv: readonly string[]): string | null {
  if (server.busy && !WHILE_BUSY.has(word)) {
    return 'BUSY Redis is busy running a script. You can only call SCRIPT KILL.';
  }
  if (server.loading && !WHILE_LOADING.has(word)) {
    return 'LOADING Redis is loading the dataset in memory';
  }
  const isReplica = server.master !== null;
  if (word === 'PING') {
    if (isReplica && !server.linkUp && !server.options.serveStale) {
      return "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.";
    }
    return server.pingError;
  }
  if (word === 'SET' && isReplica) return "READONLY You can't write against a read only replica.";
  return argv.length === 0 ? 'ERR empty' : null;
}
