/**
 * The options of a group, a row each: `sentinel <option> <group> <value>` in the file, and SENTINEL
 * SET (config.md §4, commands.md §10.12). All code that reads, writes, compares, shows or hides
 * options uses this table; what an option *does* is up to the code that reads its value.
 */

interface Names {
  /** Name in the file and in SENTINEL SET. */
  readonly name: string;
  /** Other names for it, rewritten as the first. */
  readonly aliases?: readonly string[];
  /** SENTINEL MASTER shows it: always, or when it is set. */
  readonly shown?: 'always' | 'set';
}

/** Milliseconds, or a count. */
export interface NumberOption extends Names {
  readonly kind: 'ms' | 'count';
  readonly initial: number;
  /** The minimum of SENTINEL SET; for milliseconds also of the file. */
  readonly min: 0 | 1;
}

/** The path of a program; only where scripts may be changed. */
export interface ScriptOption extends Names {
  readonly kind: 'script';
  /** Before `script seems non existing …`. */
  readonly what: string;
}

/** Credentials for the servers: a change reconnects them. */
export interface CredentialOption extends Names {
  readonly kind: 'credential';
  /** Shown nowhere, recorded nowhere. */
  readonly secret: boolean;
}

export type GroupOption = NumberOption | ScriptOption | CredentialOption;

/** In the order in which they stand in the file. */
export const GROUP_OPTIONS = {
  downAfter: { kind: 'ms', name: 'down-after-milliseconds', initial: 30_000, min: 1 },
  failoverTimeout: {
    ...{ kind: 'ms', name: 'failover-timeout', initial: 180_000, min: 1 },
    shown: 'always',
  },
  parallelSyncs: {
    ...{ kind: 'count', name: 'parallel-syncs', initial: 1, min: 1 },
    shown: 'always',
  },
  notificationScript: {
    ...{ kind: 'script', name: 'notification-script', what: 'Notification' },
    shown: 'set',
  },
  clientReconfigScript: {
    ...{ kind: 'script', name: 'client-reconfig-script', what: 'Client reconfiguration' },
    shown: 'set',
  },
  authPass: { kind: 'credential', name: 'auth-pass', secret: true },
  authUser: { kind: 'credential', name: 'auth-user', secret: false },
  masterRebootDownAfter: {
    ...{ kind: 'ms', name: 'master-reboot-down-after-period', initial: 0, min: 0 },
    aliases: ['primary-reboot-down-after-period'],
  },
} as const satisfies Readonly<Record<string, GroupOption>>;

type Rows = typeof GROUP_OPTIONS;
export type GroupField = keyof Rows;

/** The values of a group's options: numbers, and texts that may be missing. */
export type GroupOptions = {
  -readonly [Field in GroupField]: Rows[Field] extends NumberOption ? number : string | null;
};

/** The table's rows with their fields. */
export const GROUP_OPTION_ROWS = Object.entries(GROUP_OPTIONS) as readonly (readonly [
  GroupField,
  GroupOption,
])[];

const FIELDS = Object.keys(GROUP_OPTIONS) as readonly GroupField[];
const INITIAL = optionsFrom((field) => {
  const row: GroupOption = GROUP_OPTIONS[field];
  return 'initial' in row ? row.initial : null;
});

function optionsFrom(value: (field: GroupField) => number | string | null): GroupOptions {
  const options: Record<string, number | string | null> = {};
  for (const field of FIELDS) options[field] = value(field);
  return options as GroupOptions;
}

/** The options of a group that sets none. */
export function initialOptions(): GroupOptions {
  return { ...INITIAL };
}

/** The options alone. */
export function optionsOf(from: Readonly<GroupOptions>): GroupOptions {
  return optionsFrom((field) => from[field]);
}

export function sameOptions(a: Readonly<GroupOptions>, b: Readonly<GroupOptions>): boolean {
  for (const field of FIELDS) if (a[field] !== b[field]) return false;
  return true;
}

/** All names of an option, that of the file first. */
export function optionNames({ name, aliases = [] }: GroupOption): readonly string[] {
  return [name, ...aliases];
}

/** Sets an option to a value of its kind. */
export function setOption(
  to: GroupOptions,
  field: GroupField,
  value: number | string | null,
): void {
  (to as Record<GroupField, number | string | null>)[field] = value;
}
