/**
 * What signals and uncaught errors do to the process. SIGTERM and SIGINT shut down after a log line
 * in the original's form; SIGHUP (a terminal that closes) and SIGPIPE have no effect. SIGUSR1, on
 * which Node would open its inspector to everybody on this machine, only writes a log line (`bin/`
 * ignores it before). Specification: commands.md §7.3.
 */

import type { Log } from './log.ts';

/** `EX_SOFTWARE`: a bug of ours. A supervisor restarts us, and the state on disk is consistent. */
export const SOFTWARE_ERROR_STATUS = 70;

export interface SignalPorts {
  readonly log: Log;
  /** A clean exit was requested. Called once. */
  shutdown(signal: 'SIGTERM' | 'SIGINT'): void;
  /** SIGUSR2: write the flight recording. */
  record(): void;
}

const SIGUSR1_NOTHING = 'Received SIGUSR1: nothing is done. (SIGUSR2 writes a flight recording.)';

/** Installs the handlers for the rest of the process's life. */
export function handleSignals(ports: SignalPorts): void {
  let leaving = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (leaving) {
        ports.log.signal('You insist... exiting now.');
        process.exit(1);
      }
      leaving = true;
      ports.log.signal(`Received ${signal} scheduling shutdown...`);
      ports.shutdown(signal);
    });
  }
  process.on('SIGUSR1', () => ports.log.write('notice', SIGUSR1_NOTHING));
  process.on('SIGUSR2', () => ports.record());
  process.on('SIGHUP', () => {});
  process.on('SIGPIPE', () => {});
}

/** Logs an unexpected error in full and exits. */
export type Leave = (error: unknown) => never;

/**
 * Exits on uncaught errors; `last` is called before. Returns the function for callers that catch
 * such an error themselves.
 */
export function handleUncaught(log: Log, last: (reason: string) => void): Leave {
  const leave = (error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    for (const line of text.split('\n')) log.write('warning', `Uncaught error: ${line.trim()}`);
    last(String(error));
    return process.exit(SOFTWARE_ERROR_STATUS);
  };
  process.on('uncaughtException', leave);
  process.on('unhandledRejection', leave);
  return leave;
}
