/**
 * What signals and uncaught errors do to the process. SIGTERM and SIGINT shut down after a line of the original's form;
 * SIGHUP (a terminal that closes) and SIGPIPE are nothing to a Sentinel. SIGUSR1, at which Node opens its inspector to whoever
 * is on this machine, is a line of the log (`bin/` is deaf to it before). Specification: commands.md §7.3.
 */

import type { Log } from './log.ts';

/** `EX_SOFTWARE`: our own mistake. A supervisor starts us again, and the state on disk is whole. */
export const SOFTWARE_ERROR_STATUS = 70;

export interface SignalPorts {
  readonly log: Log;
  /** A clean exit was asked for. Called once. */
  shutdown(signal: 'SIGTERM' | 'SIGINT'): void;
  /** SIGUSR2: write down what the flight recorder remembers. */
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

/** Says an error that nobody foresaw in full and leaves. */
export type Leave = (error: unknown) => never;

/** Leaves at such errors; `last` is called before. Returns the way out for those who meet one themselves. */
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
