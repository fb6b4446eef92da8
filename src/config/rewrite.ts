/**
 * From state back to text (config.md §7.2, §7.3): the file is also the state's database, and every
 * save writes the whole of it anew into the shape the user gave it.
 *
 * Invariant: what is written reads back as the same state, and rewriting settles: after the second
 * rewrite no byte changes, unless a class of output limits is on its way to the end of the file.
 */

import { type Compat, type GroupConfig, LINES, type SentinelConfig } from '../core/index.ts';
import { type Directive, directives } from './directives.ts';
import { formatValue, sameValue } from './kinds.ts';
import { Layout, rewrittenWords, sentinelKey } from './layout.ts';
import { specialLines } from './special.ts';
import type { DirectiveValue, GenericConfig, RewriteOptions } from './types.ts';
import { quoteWord, wordForFile } from './words.ts';

function putDirective(layout: Layout, directive: Directive, value: DirectiveValue): void {
  const { name, kind, initial } = directive;
  if (kind.type === 'special') {
    const special = { name, initial: initial as readonly string[] };
    const list = value as readonly string[];
    for (const line of specialLines(special, kind.grammar, list, wordForFile)) {
      layout.put(name, line.text, line.forced);
    }
  } else if (value !== null) {
    const forced = directive.always || (!directive.onlyInPlace && !sameValue(value, initial));
    // Most directives are at their default and on no line.
    if (forced || layout.has(name)) layout.put(name, `${name} ${formatValue(kind, value)}`, forced);
  }
  layout.finish(name);
}

function putGeneric(layout: Layout, generic: GenericConfig, options: RewriteOptions): void {
  for (const directive of directives) {
    const current = directive.name === 'loglevel' ? options.logLevel : undefined;
    const value = current ?? generic.values.get(directive.name) ?? directive.initial;
    putDirective(layout, directive, value);
  }
  layout.finish('loadmodule');
}

function putUsers(layout: Layout, users: readonly string[] | null): void {
  for (const line of users ?? []) layout.put('user', line, true);
  layout.finish('user');
}

/** Writes `sentinel <word> <args>`; arguments must already be in the form for the file. */
function put(layout: Layout, word: string, args: string, forced = true): void {
  layout.put(sentinelKey(word), `sentinel ${word} ${args}`, forced);
}

function putGroup(
  layout: Layout,
  group: GroupConfig,
  rebootWord: string,
  defaults: RewriteOptions['defaults'],
): void {
  const name = wordForFile(group.name);
  const putOption = (word: string, value: string | number | bigint) =>
    put(layout, word, `${name} ${typeof value === 'string' ? wordForFile(value) : value}`);
  const putSet = (word: string, value: string | null) => {
    if (value !== null) putOption(word, value);
  };
  put(layout, 'monitor', `${name} ${wordForFile(group.host)} ${group.port} ${group.quorum}`);
  if (group.downAfter !== defaults.downAfter) {
    putOption('down-after-milliseconds', group.downAfter);
  }
  if (group.failoverTimeout !== defaults.failoverTimeout) {
    putOption('failover-timeout', group.failoverTimeout);
  }
  if (group.parallelSyncs !== 1) putOption('parallel-syncs', group.parallelSyncs);
  putSet('notification-script', group.notificationScript);
  putSet('client-reconfig-script', group.clientReconfigScript);
  putSet('auth-pass', group.authPass);
  putSet('auth-user', group.authUser);
  if (group.masterRebootDownAfter !== 0) putOption(rebootWord, group.masterRebootDownAfter);
  putOption('config-epoch', group.configEpoch);
  putOption('leader-epoch', group.leaderEpoch);
  for (const { host, port } of group.replicas) {
    put(layout, 'known-replica', `${name} ${wordForFile(host)} ${port}`);
  }
  for (const { host, port, id } of group.sentinels) {
    put(layout, 'known-sentinel', `${name} ${wordForFile(host)} ${port} ${wordForFile(id)}`);
  }
  for (const { command, renamed } of group.renames) {
    put(layout, 'rename-command', `${name} ${wordForFile(command)} ${wordForFile(renamed)}`);
  }
}

function putSentinel(
  layout: Layout,
  sentinel: SentinelConfig,
  compat: Compat,
  defaults: RewriteOptions['defaults'],
): void {
  const yesNo = (word: string, value: boolean, initial: boolean) =>
    put(layout, word, value ? 'yes' : 'no', value !== initial);
  if (sentinel.myId !== null) put(layout, 'myid', wordForFile(sentinel.myId));
  yesNo('deny-scripts-reconfig', sentinel.denyScriptsReconfig, true);
  yesNo('resolve-hostnames', sentinel.resolveHostnames, false);
  yesNo('announce-hostnames', sentinel.announceHostnames, false);
  const rebootWord = LINES[compat].rebootDirective;
  for (const group of sentinel.groups) putGroup(layout, group, rebootWord, defaults);
  put(layout, 'current-epoch', `${sentinel.currentEpoch}`);
  if (sentinel.announceIp !== null) put(layout, 'announce-ip', quoteWord(sentinel.announceIp));
  if (sentinel.announcePort !== 0) put(layout, 'announce-port', `${sentinel.announcePort}`);
  if (sentinel.sentinelUser !== null) {
    put(layout, 'sentinel-user', wordForFile(sentinel.sentinelUser));
  }
  if (sentinel.sentinelPass !== null) {
    put(layout, 'sentinel-pass', wordForFile(sentinel.sentinelPass));
  }
  for (const word of rewrittenWords) layout.finish(sentinelKey(word));
}

/**
 * The new text of the configuration file.
 *
 * @param oldText what the file holds now, perhaps edited since; the empty string when there is no
 * file.
 * @param generic values in force; `generic.dir` is absolute.
 * @param sentinel state to be kept.
 */
export function rewriteConfig(
  oldText: string,
  generic: GenericConfig,
  sentinel: SentinelConfig,
  options: RewriteOptions,
): string {
  const layout = new Layout(oldText);
  putGeneric(layout, generic, options);
  putUsers(layout, options.users);
  putSentinel(layout, sentinel, generic.compat, options.defaults);
  return layout.text();
}
