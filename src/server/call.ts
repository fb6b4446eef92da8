/** What the handler of a command gets (commands.md §5). */
import type { ClientContext, ServerContext } from './context.ts';
import type { CommandResult, Row } from './row.ts';

/** One request that passed every check of the dispatcher. */
export interface Call {
  readonly server: ServerContext;
  readonly session: ClientContext;
  readonly row: Row;
  /** As the client sent it. */
  readonly argv: readonly string[];
}

export type Handler = (call: Call) => CommandResult;

/** Runs a row that is not a container. */
export function runRow(call: Call): CommandResult {
  return (call.row.run as Handler)(call);
}
