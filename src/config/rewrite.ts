/**
 * From state back to text (config.md §7.2, §7.3): the file is also the state's database, and every
 * save rewrites all of it in the layout the user gave it.
 *
 * Invariant: what is written reads back as the same state, and rewriting converges: after the
 * second rewrite no byte changes, unless a class of output limits is on its way to the end of the
 * file.
 */

import {
  DIALECTS,
  type Dialect,
  GROUP_OPTION_ROWS,
  type GroupConfig,
  type GroupField,
  type GroupOption,
  oneLine,
  type SentinelConfig,
} from '../core/index.ts';
import { DIRECTIVES, type Directive } from './directives.ts';
import { formatValue, sameValue } from './kinds.ts';
import { Layout, namedKey, OWN_DIRECTIVES, sentinelKey } from './layout.ts';
import { specialLines } from './special.ts';
import { fileArgument, quoteArgument } from './tokenizer.ts';
import type { DirectiveValue, GenericConfig, RewriteOptions } from './types.ts';

function putDirective(layout: Layout, directive: Directive, value: DirectiveValue): void {
  const { name, kind, initial } = directive;
  if (kind.type === 'special') {
    const special = { name, initial: initial as readonly string[] };
    const list = value as readonly string[];
    for (const line of specialLines(special, kind.grammar, list, fileArgument)) {
      layout.put(name, line.text, line.forced);
    }
  } else if (value !== null) {
    const forced = directive.always || (!directive.onlyInPlace && !sameValue(value, initial));
    // Most directives have their default and no line.
    if (forced || layout.has(name)) layout.put(name, `${name} ${formatValue(kind, value)}`, forced);
  }
  layout.finish(name);
}

function putGeneric(layout: Layout, generic: GenericConfig, options: RewriteOptions): void {
  for (const directive of DIRECTIVES) {
    const current = directive.name === 'loglevel' ? options.logLevel : undefined;
    const value = current ?? generic.values.get(directive.name) ?? directive.initial;
    putDirective(layout, directive, value);
  }
  layout.finish('loadmodule');
}

/**
 * Its arguments are separated by single blanks, as in an ACL file; here quotes and backslashes have
 * a meaning.
 */
function userLine(line: string): string {
  return oneLine(line).split(' ').map(fileArgument).join(' ');
}

function putUsers(layout: Layout, users: readonly string[] | null): void {
  for (const line of users ?? []) {
    layout.put(namedKey('user', line.split(' ', 2)[1] ?? ''), userLine(line), true);
  }
}

/**
 * A line and the key by which it finds its place; appended when there is no place only if `forced`.
 */
type Line = readonly [key: string, text: string, forced: boolean];

/** `sentinel <word> <args>`; arguments must already be in the form for the file. */
function put(layout: Layout, word: string, args: string, forced = true): void {
  layout.put(sentinelKey(word), `sentinel ${word} ${args}`, forced);
}

function linesOf(group: GroupConfig, line: FileStyle, defaults: Defaults): Line[] {
  const lines: Line[] = [];
  const name = fileArgument(group.name);
  const add = (word: string, rest: string | number | bigint, forced = true) =>
    lines.push([
      namedKey(sentinelKey(word), group.name),
      `sentinel ${word} ${name} ${rest}`,
      forced,
    ]);
  const spell = spelling(line);
  add('monitor', `${fileArgument(group.host)} ${group.port} ${group.quorum}`);
  for (const [field, row] of GROUP_OPTION_ROWS) {
    const value = group[field];
    const word = row.aliases?.includes(line.rebootDirective) ? line.rebootDirective : row.name;
    if (typeof value === 'string') add(word, spell(value));
    else if (value !== null) add(word, value, value !== initialOf(field, row, defaults));
  }
  add('config-epoch', group.configEpoch);
  add('leader-epoch', group.leaderEpoch);
  for (const { host, port } of group.replicas) {
    add('known-replica', `${fileArgument(host)} ${port}`);
  }
  for (const { host, port, id } of group.sentinels) {
    add('known-sentinel', `${fileArgument(host)} ${port} ${spell(id)}`);
  }
  for (const { command, renamed } of group.renames) {
    add('rename-command', `${spell(command)} ${spell(renamed)}`);
  }
  return lines;
}

/**
 * The value that is written only where the file has the line: a default that SENTINEL DEBUG may
 * have changed, or the table's.
 */
function initialOf(field: GroupField, row: GroupOption, defaults: Defaults): number | null {
  if (field in defaults) return defaults[field as keyof Defaults];
  return 'initial' in row ? row.initial : null;
}

/** The part of a dialect that concerns the file. */
type FileStyle = Pick<Dialect, 'fileQuotes' | 'rebootDirective'>;

/** How user-chosen strings are written. */
function spelling({ fileQuotes }: FileStyle): (word: string) => string {
  return fileQuotes === 'always' ? quoteArgument : fileArgument;
}

function areEqual(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i]);
}

type Defaults = RewriteOptions['defaults'];

/**
 * The lines of groups, which change seldom and are many: a group that is the same object has the
 * same lines.
 */
class GroupLines {
  #made = new WeakMap<GroupConfig, readonly Line[]>();
  #reading: readonly unknown[] = [];

  /** @param make creates the lines of a group; @param reading what else they depend on */
  of(
    groups: readonly GroupConfig[],
    make: (group: GroupConfig) => Line[],
    reading: readonly unknown[],
  ): (readonly Line[])[] {
    if (!areEqual(reading, this.#reading)) this.#made = new WeakMap();
    this.#reading = reading;
    return groups.map((group) => {
      const before = this.#made.get(group);
      if (before !== undefined) return before;
      const lines = make(group);
      this.#made.set(group, lines);
      return lines;
    });
  }
}

function putSentinel(
  layout: Layout,
  sentinel: SentinelConfig,
  groups: readonly (readonly Line[])[],
  style: FileStyle,
): void {
  const spell = spelling(style);
  const yesNo = (word: string, value: boolean, initial: boolean) =>
    put(layout, word, value ? 'yes' : 'no', value !== initial);
  if (sentinel.myId !== null) put(layout, 'myid', fileArgument(sentinel.myId));
  yesNo('deny-scripts-reconfig', sentinel.denyScriptsReconfig, true);
  yesNo('resolve-hostnames', sentinel.resolveHostnames, false);
  yesNo('announce-hostnames', sentinel.announceHostnames, false);
  for (const lines of groups) for (const line of lines) layout.put(...line);
  put(layout, 'current-epoch', `${sentinel.currentEpoch}`);
  if (sentinel.announceIp !== null) put(layout, 'announce-ip', quoteArgument(sentinel.announceIp));
  put(layout, 'announce-port', `${sentinel.announcePort}`, sentinel.announcePort !== 0);
  if (sentinel.sentinelUser !== null) {
    put(layout, 'sentinel-user', spell(sentinel.sentinelUser));
  }
  if (sentinel.sentinelPass !== null) {
    put(layout, 'sentinel-pass', spell(sentinel.sentinelPass));
  }
  for (const word of OWN_DIRECTIVES) layout.finish(sentinelKey(word));
  layout.finishNamed();
}

/** Rewrites one file repeatedly, reusing the lines that have not changed since the last time. */
export class Rewriter {
  readonly #groups = new GroupLines();
  /** The last text and its layout, which the next rewrite consumes. */
  #last: { readonly text: string; readonly layout: Layout } | null = null;

  /**
   * The new text of the configuration file.
   *
   * @param oldText the present text, perhaps edited since; empty when there is no file.
   * @param generic values in force; `generic.dir` is absolute.
   * @param sentinel state to be kept.
   * @throws NotOneLine rather than write what would read back as another line
   */
  rewrite(
    oldText: string,
    generic: GenericConfig,
    sentinel: SentinelConfig,
    options: RewriteOptions,
  ): string {
    const { defaults } = options;
    const style = DIALECTS[generic.compat];
    const groups = this.#groups.of(sentinel.groups, (group) => linesOf(group, style, defaults), [
      style,
      defaults.downAfter,
      defaults.failoverTimeout,
    ]);
    const last = this.#last;
    this.#last = null;
    const layout = oldText === last?.text ? last.layout : Layout.of(oldText);
    putGeneric(layout, generic, options);
    putUsers(layout, options.users);
    putSentinel(layout, sentinel, groups, style);
    const { text, next } = layout.end();
    this.#last = { text, layout: next };
    return text;
  }
}

/** A single rewrite without reuse: see `Rewriter`. */
export function rewriteConfig(...args: Parameters<Rewriter['rewrite']>): string {
  return new Rewriter().rewrite(...args);
}
