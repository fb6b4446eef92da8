/** A row of the command table, and what a command may come to (commands.md §5). */
import type { Reply } from '../core/index.ts';
import type { Ceiling } from './ceilings.ts';

/** The answer has to come from the core; `turn` makes it into the client's reply. */
export interface Question {
  readonly ask: readonly string[];
  readonly turn?: (reply: Reply) => Reply;
}

/** The answer needs something outside, a file: `later` never rejects. */
export interface Promised {
  readonly later: Promise<Reply>;
}

/** One reply, several in order, one that the core or the house gives later, or none at all. */
export type CommandResult = Reply | readonly Reply[] | Question | Promised | 'silent';

/** A command, or with `container|subcommand` as its name, a subcommand. */
export interface Row {
  readonly name: string;
  /** Number of words; negative: at least so many. */
  readonly arity: number;
  /** Blank separated, in the order they are shown. */
  readonly flags: string;
  readonly categories: string;
  /** A subcommand's container's: a rule about one of them speaks of the subcommand, too, though it is not in it. */
  readonly alsoUnder?: string;
  readonly tips?: string;
  readonly group: 'connection' | 'pubsub' | 'sentinel' | 'server';
  readonly summary: string;
  /** The version of Redis that introduced it. */
  readonly version: string;
  /** The answer stays the same until something happens (`replycache.ts`). */
  readonly cacheable?: true;
  /** Sentinels say it to each other (`pipeline.ts`). */
  readonly talk?: true;
  /** What it may not exceed; looked at before permissions are, which may cost much themselves. */
  readonly ceiling?: Ceiling;
  /** A `Handler` of call.ts. Absent for containers: only their subcommands can be called. */
  readonly run?: (call: never) => CommandResult;
}
