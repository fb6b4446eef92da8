/**
 * HELP of the containers: a syntax line, then what it does, indented (commands.md §11.3).
 */
import type { Handler } from '../call.ts';
import { array } from '../call.ts';

/** Pairs of syntax and description become the reply of `<CONTAINER> HELP`. */
export function help(container: string, entries: readonly (readonly [string, string])[]): Handler {
  const lines = [
    `${container} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`,
    ...entries.flatMap(([syntax, text]) => [syntax, `    ${text}`]),
    'HELP',
    '    Prints this help.',
  ];
  const reply = array(lines.map((text) => ({ kind: 'simple', text }) as const));
  return () => reply;
}
