/**
 * What is known to differ from the original in the events of a scenario: each with the row of
 * docs/DIFFERENCES.md that gives the reason, and what it makes of the original's list.
 */
import { readFileSync } from 'node:fs';
import { installedCompat, type Oracle } from '../../src/tools/lab/index.ts';

interface Difference {
  /** What its row in docs/DIFFERENCES.md begins with, behind the id. */
  readonly row: string;
  /** What ours says where the original says `events`. */
  readonly expected?: (events: readonly string[]) => string[];
  /** The line of originals that says otherwise; default: all of them. */
  readonly only?: Oracle['compat'];
  /** What only ours says, at any moment. */
  readonly extra?: RegExp;
}

const REFUSED =
  'error replies of servers and Sentinels to orders, hellos, questions, INFO and PING';

const named = (name: string) => (one: string) => one.startsWith(`${name} `);

/** The switch and the new lists come as soon as the configuration is on disk. */
function switchAtOnce(events: readonly string[]): string[] {
  const at = events.findIndex(named('+switch-master'));
  const behind = events.findIndex(named('+failover-state-reconf-slaves')) + 1;
  const known = events.slice(at + 1).findIndex((one) => !one.startsWith('+slave '));
  const end = known < 0 ? events.length : at + 1 + known;
  const moved = events.slice(at, end);
  const rest = [...events.slice(0, at), ...events.slice(end)];
  return [...rest.slice(0, behind), ...moved, ...rest.slice(behind)];
}

const table = {
  'switch at once': {
    row: '`+switch-master` on the leader',
    expected: switchAtOnce,
  },
  'votes for a manual failover': {
    row: 'manual failover',
    expected: (events) =>
      events.flatMap((one) =>
        one.startsWith('+new-epoch ')
          ? [one, `+vote-for-leader id-s1 ${one.slice('+new-epoch '.length)}`]
          : [one],
      ),
  },
  'nobody was down': {
    row: '`-sdown` when a manual failover begins',
    only: 'valkey-9',
    expected: (events) =>
      events.filter(
        (one, at) => !(one.startsWith('-sdown ') && events[at - 1]?.startsWith('+try-failover ')),
      ),
  },
  'a replica with two names': {
    row: 'a replica known by a host name and listed by its address',
    expected: () => [],
  },
  'no child without a program': {
    row: 'a script that cannot be executed',
    expected: (events) => {
      const failed = events.filter((one) => one.endsWith('-script-child pid 2 0')).length;
      const started = events.filter((one) => one.endsWith('+script-child pid'));
      const others = events.filter((one) => !one.endsWith('+script-child pid'));
      return [...started.slice(failed), ...others];
    },
  },
  'answers to a manual failover': {
    row: 'manual failover',
    extra: /^(warning|notice): id-s[23] voted for id-s1 \d+$/,
  },
  'why no replica can be promoted': {
    row: 'log',
    extra: /^notice: Replica \S+ cannot be promoted: /,
  },
  'a refusal is an event': {
    row: REFUSED,
    extra: /^-command-refused /,
  },
  'who refuses is not waited for': {
    row: REFUSED,
    // All are told at once, and none is left for the end.
    expected: (events) =>
      events.flatMap((one) => {
        if (one.startsWith('+failover-end-for-timeout ')) return [];
        if (one.startsWith('+slave-reconf-sent-be ')) return [];
        if (!one.startsWith('+failover-end ')) return [one];
        const late = events.find((other) => other.startsWith('+slave-reconf-sent-be ')) ?? '';
        return [late.replace('-sent-be ', '-sent '), one];
      }),
  },
  'who refuses is not told again': {
    row: REFUSED,
    expected: (events) => {
      const at = events.findIndex((one) => one.startsWith('-slave-reconf-sent-timeout '));
      return [...events.slice(0, at), ...events.slice(at + 2)];
    },
  },
  'refused credentials are an event': {
    row: 'events `-config-conflict`, `-auth-error`, `-command-refused`, `-epoch-ignored`',
    extra: /^-auth-error /,
  },
  'no INFO of who refuses us': {
    row: 'a server that refuses our password (a PING answered with NOAUTH, WRONGPASS or NOPERM)',
    expected: (events) => events.filter((one) => !one.startsWith('+reboot ')),
  },
  'INFO once he lets us in again': {
    row: 'a server that refuses our password (a PING answered with NOAUTH, WRONGPASS or NOPERM)',
    expected: (events) => [...events, '+reboot master h <n>'],
  },
} as const satisfies Record<string, Difference>;

export type KnownDifference = keyof typeof table;

export const differences: Readonly<Record<KnownDifference, Difference>> = table;

/** Those of them that the originals at hand show. */
export function shown(names: readonly KnownDifference[]): readonly KnownDifference[] {
  const compat = installedCompat();
  return names.filter((name) => [undefined, compat].includes(differences[name].only));
}

const documented = readFileSync(new URL('../../docs/DIFFERENCES.md', import.meta.url), 'utf8');

export function reasonIsDocumented(name: KnownDifference): boolean {
  return documented.split('\n').some((line) => line.includes(`</a> | ${differences[name].row} |`));
}
