/**
 * HELP of the containers: a syntax line, then what it does, indented (commands.md §11.3).
 */
import type { Reply } from '../../core/index.ts';
import type { Handler } from '../call.ts';
import { array } from '../reply.ts';

/** A syntax line, then lines of explanation. */
export type HelpEntry = readonly [string, string, ...string[]];

/** The reply of `<CONTAINER> HELP` from its entries. */
export function help(container: string, entries: readonly HelpEntry[]): Handler {
  const reply = helpReply(container, entries);
  return () => reply;
}

export function helpReply(container: string, entries: readonly HelpEntry[]): Reply {
  const lines = [
    `${container} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`,
    ...entries.flatMap(([syntax, ...texts]) => [syntax, ...texts.map((text) => `    ${text}`)]),
    'HELP',
    '    Prints this help.',
  ];
  return array(lines.map((text) => ({ kind: 'simple', text }) as const));
}
