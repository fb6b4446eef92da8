/** A row of the command table, and the possible results of a command (commands.md §5). */
import type { Reply } from '../core/index.ts';
import type { Ceiling } from './ceilings.ts';

/** The answer has to come from the core; `turn` converts it to the client's reply. */
export interface Question {
  readonly ask: readonly string[];
  readonly turn?: (reply: Reply) => Reply;
}

/** The answer depends on something outside, a file: `later` never rejects. */
export interface Promised {
  readonly later: Promise<Reply>;
}

/** One reply, several in order, one that comes later, or none at all. */
export type CommandResult = Reply | readonly Reply[] | Question | Promised | 'silent';

/** A command, or with `container|subcommand` as its name, a subcommand. */
export interface Row {
  readonly name: string;
  /** Number of arguments, the command's name included; negative: at least that many. */
  readonly arity: number;
  /** Separated by blanks, in the order shown. */
  readonly flags: string;
  readonly categories: string;
  /**
   * Categories of a subcommand's container: rules about them apply to the subcommand, too, though
   * it does not belong to them.
   */
  readonly alsoUnder?: string;
  readonly tips?: string;
  readonly group: 'connection' | 'pubsub' | 'sentinel' | 'server';
  readonly summary: string;
  /** The version of Redis that introduced it. */
  readonly version: string;
  /** The answer stays the same until something happens (`replycache.ts`). */
  readonly cacheable?: true;
  /** Sent between Sentinels (`pipeline.ts`). */
  readonly talk?: true;
  /** Its limits; checked before permissions, whose check may be expensive itself. */
  readonly ceiling?: Ceiling;
  /** A `Handler` of call.ts. Absent for containers: only their subcommands can be called. */
  readonly run?: (call: never) => CommandResult;
}
