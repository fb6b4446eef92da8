/**
 * The command table of one dialect: its commands, and their names (commands.md §5).
 *
 * Rows are data (`commands/`); a new command is a new row. `rename-command` changes the name a
 * command is called by, never the one shown in errors.
 */
import type { Dialect } from '../core/index.ts';
import { lower } from './reply.ts';
import type { Row } from './row.ts';

/** A top-level command with its subcommands. */
export interface CommandEntry {
  readonly row: Row;
  readonly arity: number;
  readonly shown: boolean;
  /** By lower-case name without that of the container. */
  readonly subs: ReadonlyMap<string, CommandEntry>;
}

/** What the first arguments of a request name. */
export type Lookup =
  | { readonly kind: 'found'; readonly row: Row; readonly arity: number }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unknownSub'; readonly container: string };

/** Whether a request has the required number of arguments. */
export function arityHolds(arity: number, argv: readonly string[]): boolean {
  return arity > 0 ? argv.length === arity : argv.length >= -arity;
}

/** All categories, in the order of ACL CAT. */
export const CATEGORIES: readonly string[] = (
  'keyspace read write set sortedset list hash string bitmap hyperloglog ' +
  'geo stream pubsub admin fast slow blocking dangerous connection transaction scripting'
).split(' ');

export class CommandTable {
  /** By the name it is called by. */
  readonly #entries = new Map<string, CommandEntry>();
  /** By original name, removed ones included: what ACL rules may name. */
  readonly #known = new Map<string, Row>();
  readonly #containers = new Set<string>();

  constructor(rows: readonly Row[], dialect: Dialect, renames: ReadonlyMap<string, string>) {
    const subs = new Map<string, Map<string, CommandEntry>>();
    for (const common of rows) {
      if (dialect.unknown.has(common.name)) continue;
      const row = { ...common, ...dialect.rows.get(common.name) };
      const { arity } = row;
      const shown = !dialect.hidden.has(row.name);
      this.#known.set(row.name, row);
      const [container, sub] = row.name.split('|') as [string, string?];
      if (sub !== undefined) {
        this.#containers.add(container);
        subs.get(container)!.set(sub, { row, arity, shown, subs: new Map() });
        continue;
      }
      const own = new Map<string, CommandEntry>();
      subs.set(container, own);
      const called = renames.get(row.name) ?? row.name;
      if (called !== '') this.#entries.set(lower(called), { row, arity, shown, subs: own });
    }
  }

  /**
   * The command of a request. A container alone, or with an argument too few, is found as itself.
   */
  lookup(argv: readonly string[]): Lookup {
    const entry = this.#entries.get(lower(argv[0] ?? ''));
    if (entry === undefined) return { kind: 'unknown' };
    const word = argv[1];
    if (entry.subs.size === 0 || word === undefined) {
      return { kind: 'found', row: entry.row, arity: entry.arity };
    }
    const sub = entry.subs.get(lower(word));
    if (sub === undefined) return { kind: 'unknownSub', container: entry.row.name };
    return { kind: 'found', row: sub.row, arity: sub.arity };
  }

  /** An entry by the name clients see, `container|sub` included. */
  entry(name: string): CommandEntry | undefined {
    const [container, sub, more] = lower(name).split('|', 3) as [string, string?, string?];
    const entry = this.#entries.get(container);
    if (sub === undefined || more !== undefined) return more === undefined ? entry : undefined;
    return entry?.subs.get(sub);
  }

  /** Top-level entries that COMMAND shows. */
  shown(): CommandEntry[] {
    return [...this.#entries.values()].filter((entry) => entry.shown);
  }

  /** Shown entries and their shown subcommands. */
  allShown(): CommandEntry[] {
    return this.shown().flatMap((entry) => [
      entry,
      ...[...entry.subs.values()].filter((sub) => sub.shown),
    ]);
  }

  hasCommand(name: string): boolean {
    return this.#known.has(name);
  }

  isContainer(name: string): boolean {
    return this.#containers.has(name);
  }

  /** With its leading `@`. */
  hasCategory(name: string): boolean {
    return CATEGORIES.includes(name.slice(1));
  }
}
