/**
 * What a rewriting puts into the file, seen by an independent reader: which directive stands on
 * which line. Words of users and servers may become anything but a directive.
 */
import type { GroupConfig, SentinelConfig } from '../../../core/index.ts';

/**
 * Each line by what it is: a comment as it stands, a directive by its name, a `sentinel` line by
 * its two words.
 */
export function directivesOf(text: string): string[] {
  return text.split('\n').map((line) => {
    const [, first = '', second = ''] = /^[ \t\r]*(\S*)[ \t]*(\S*)/.exec(line)!;
    if (first.startsWith('#')) return line;
    return first.toLowerCase() === 'sentinel' ? `sentinel ${second.toLowerCase()}` : first;
  });
}

/** Where two lists of directives part, or null. */
export function strayLine(is: readonly string[], expected: readonly string[]): string | null {
  const count = Math.max(is.length, expected.length);
  for (let at = 0; at < count; at++) {
    if (is[at] === expected[at]) continue;
    return `line ${at + 1} says ${JSON.stringify(is[at])}, not ${JSON.stringify(expected[at])}`;
  }
  return null;
}

/** A text that is one, and as empty as the other was. */
const tame = <T extends string | null>(text: T) => (text === null || text === '' ? text : 'x') as T;

function tameGroup(group: GroupConfig, number: number): GroupConfig {
  return {
    ...group,
    name: `g${number}`,
    host: tame(group.host),
    notificationScript: tame(group.notificationScript),
    clientReconfigScript: tame(group.clientReconfigScript),
    authPass: tame(group.authPass),
    authUser: tame(group.authUser),
    replicas: group.replicas.map((one) => ({ ...one, host: 'x' })),
    sentinels: group.sentinels.map((one) => ({ ...one, host: 'x', id: 'x' })),
    renames: group.renames.map(() => ({ command: 'x', renamed: 'y' })),
  };
}

/**
 * The same configuration with harmless words: what it is written as has the lines that the true one
 * must have.
 */
export function tamed(config: SentinelConfig): SentinelConfig {
  return {
    ...config,
    myId: tame(config.myId),
    announceIp: tame(config.announceIp),
    sentinelUser: tame(config.sentinelUser),
    sentinelPass: tame(config.sentinelPass),
    groups: config.groups.map(tameGroup),
  };
}

export function tameUsers(count: number): string[] {
  return Array.from({ length: count }, (_, number) => `user u${number} off`);
}
