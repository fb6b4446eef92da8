/**
 * The server lines side by side: everything that Redis 7.0, Redis 8, Valkey 8 and Valkey 9 do
 * differently (versions.md). Each row was checked against the original whose version it names (`npm
 * run parity -- --oracle …`).
 *
 * The directive `compat` picks one; code that needs to know asks the dialect it was given. No other
 * code knows the names of the lines. What all of them can share (Valkey's aliases, the fixes of
 * versions.md §5) is not in here.
 */

/** The values of `compat`. */
export type Compat = 'redis-7.0' | 'redis-8' | 'valkey-8' | 'valkey-9';

/** What differs from a command's row in the table. */
export interface RowChange {
  readonly arity?: number;
  /** Blank separated. */
  readonly flags?: string;
  readonly tips?: string;
}

/** One line of servers. */
export interface Dialect {
  /** In the banner. */
  readonly product: string;
  /** Before the version in a fatal configuration error. */
  readonly fatalWord: string;
  /** What `ps` shows before the address. */
  readonly title: string;
  /** `server` of HELLO. */
  readonly server: string;
  /** The version whose behaviour is followed: HELLO, banner, fatal errors. */
  readonly version: string;
  /** `redis_version` of INFO: Valkey answers the last Redis version it is compatible with. */
  readonly redisVersion: string;
  /** Level of the log lines about start, end and manual failovers. */
  readonly announceLevel: 'notice' | 'warning';

  /** Commands that do not exist here. */
  readonly unknown: ReadonlySet<string>;
  /** Commands that are understood but left out of COMMAND and ACL CAT. */
  readonly hidden: ReadonlySet<string>;
  /** Rows that differ from those of the table. */
  readonly rows: ReadonlyMap<string, RowChange>;
  /** What COMMAND shows in RESP3 for a command without subcommands. */
  readonly noSubcommands: 'set' | 'array';

  /** Error texts of refusals; `user` is the client's own. */
  readonly noCommand: (user: string, command: string) => string;
  readonly noChannel: string;
  /** The verdicts of ACL DRYRUN. */
  readonly dryRun: (user: string, what: string) => string;
  /** The alternative that HELLO names to clients that did not log in. */
  readonly helloAuth: string;
  /** ACL LOAD and SAVE without a file. */
  readonly noAclFile: string;
  /**
   * The error text for arguments with control characters; Valkey 9 refuses them in passwords, too.
   */
  readonly controlText: string;
  readonly controlInSecrets: 'quoted' | 'refused';

  /** A client that has to log in first gets only that error, whether the command exists or not. */
  readonly loginFirst: boolean;
  /** Headers and arguments have to end with exactly CR LF. */
  readonly exactEnds: boolean;
  /** An inline argument may continue after a closing quote. */
  readonly gluedQuotes: boolean;

  /** `sanitize-payload` of users: shown when it was given, always, or never. */
  readonly payload: 'said' | 'always' | 'never';
  /**
   * Rules about databases: `db=`, `alldbs`, `resetdbs`. They are shown; a Sentinel has no database.
   */
  readonly databases: boolean;
  /** What ACL HELP calls the rules of SETUSER. */
  readonly ruleWord: string;
  /** ACL LOG: the id of an entry and its times; ages in the shortest form. */
  readonly aclLogDetails: boolean;
  /** HELLO applies its options one by one as it meets them, not all or none. */
  readonly helloStepwise: boolean;
  /** Events that a client's own command causes are delivered after the reply. */
  readonly replyFirst: boolean;

  /** The filters of CLIENT KILL. */
  readonly clientFilters: ReadonlySet<string>;
  /**
   * CLIENT LIST takes the same filters; an invalid ID is a syntax error, and several ids may follow
   * `ID`.
   */
  readonly listFilters: boolean;
  /** `primary` is a client type. */
  readonly primaryType: boolean;
  /** CLIENT PAUSE and UNBLOCK ignore surplus arguments. */
  readonly looseEnds: boolean;
  /** CLIENT PAUSE refuses a timeout that overflows. */
  readonly pauseLimited: boolean;
  /** The filters that CLIENT HELP lists. */
  readonly killHelp: readonly string[];
  readonly listHelp: readonly string[];
  /** Subcommands that CLIENT HELP lists though a Sentinel does not have them. */
  readonly clientHelp: ReadonlySet<string>;

  /** `watch=`, `lib-name=`, `lib-ver=` of CLIENT LIST, and the newer fields of INFO. */
  readonly moreFields: boolean;
  /** `io-thread=` of CLIENT LIST. */
  readonly ioThread: boolean;
  /** `capa=`, `tot-net-in=`, `tot-net-out=`, `tot-cmds=` of CLIENT LIST. */
  readonly clientTotals: boolean;
  /** `expired_subkeys` of INFO. */
  readonly expiredSubkeys: boolean;
  /** The INFO fields that identify Valkey, and its additional counters. */
  readonly valkeyFields: boolean;
  /** The fields of INFO that came with Valkey 9. */
  readonly slotFields: boolean;
  /** `master_reboot` among the flags of a master. */
  readonly rebootFlag: boolean;
  /** `sentinel_total_tilt` of INFO. */
  readonly totalTilt: boolean;

  /** SENTINEL CONFIG: many variables at a time, all or nothing. */
  readonly configMany: boolean;
  /** The error for any other form of SENTINEL CONFIG. */
  readonly configShapes: string;
  /** SENTINEL CONFIG has the variable `loglevel`. */
  readonly logLevelVariable: boolean;
  /** SENTINEL FAILOVER has an option. */
  readonly coordinated: boolean;
  /** What SENTINEL HELP calls the arguments, and masters. */
  readonly configHelp: readonly [set: string, get: string];
  readonly masterWord: string;
  /** User-chosen strings in the file: quoted when needed, or always. */
  readonly fileQuotes: 'needed' | 'always';
  /** The directive for how long a rebooted master is left alone. */
  readonly rebootDirective: string;
}

const PRIMARY_COMMANDS = [
  'sentinel|get-primary-addr-by-name',
  'sentinel|is-primary-down-by-addr',
  'sentinel|primaries',
  'sentinel|primary',
];
/** Ours alone, so that no original's COMMAND LIST has it. */
const OWN_COMMANDS = ['quit'];

const words = (text: string) => text.split(/\s+/);
const OLD_FILTERS = words('addr laddr type user id');
/** Each also has its negation. */
const NEW_FILTERS = words('flags name lib-name lib-ver db capa ip');

const noAclFile = (product: string, file: string, place: string) =>
  `ERR This ${product}instance is not configured to use an ACL file. ` +
  `You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE ` +
  `(assuming you have a ${file} set) in order to store users in the ${place}.`;

const REDIS_8: Dialect = {
  product: 'Redis',
  fatalWord: 'Redis',
  title: 'redis-sentinel',
  server: 'redis',
  version: '8.0.6',
  redisVersion: '8.0.6',
  announceLevel: 'notice',
  unknown: new Set(),
  hidden: new Set([...OWN_COMMANDS, ...PRIMARY_COMMANDS]),
  rows: new Map(),
  noSubcommands: 'set',
  noCommand: (user, command) =>
    `NOPERM User ${user} has no permissions to run the '${command}' command`,
  noChannel: 'NOPERM No permissions to access a channel',
  dryRun: (user, what) => `User ${user} has no permissions to ${what}`,
  helloAuth: 'HELLO <proto> AUTH <user> <pass>',
  noAclFile: noAclFile('Redis ', 'Redis configuration file', 'Redis configuration'),
  controlText: 'control characters are not allowed (argument must not contain control characters)',
  controlInSecrets: 'quoted',
  loginFirst: false,
  exactEnds: false,
  gluedQuotes: false,
  payload: 'always',
  databases: false,
  ruleWord: 'attribute',
  aclLogDetails: true,
  helloStepwise: false,
  replyFirst: true,
  clientFilters: new Set([...OLD_FILTERS, 'maxage']),
  listFilters: false,
  primaryType: false,
  looseEnds: false,
  pauseLimited: true,
  killHelp: words('addr laddr type user skipme id maxage'),
  listHelp: ['type'],
  clientHelp: new Set(['setinfo', 'no-touch']),
  moreFields: true,
  ioThread: true,
  clientTotals: false,
  expiredSubkeys: true,
  valkeyFields: false,
  slotFields: false,
  rebootFlag: true,
  totalTilt: false,
  configMany: true,
  configShapes:
    'ERR Only SENTINEL CONFIG GET <param> [<param> <param> ...] / SET <param> <value> ' +
    '[<param> <value> ...] are supported.',
  logLevelVariable: true,
  coordinated: false,
  configHelp: [
    'CONFIG SET param value [param value ...]',
    'CONFIG GET <param> [param param param ...]',
  ],
  masterWord: 'master',
  fileQuotes: 'needed',
  rebootDirective: 'master-reboot-down-after-period',
};

const REDIS_70: Dialect = {
  ...REDIS_8,
  pauseLimited: false,
  version: '7.0.15',
  redisVersion: '7.0.15',
  announceLevel: 'warning',
  unknown: new Set(['client|setinfo']),
  rows: new Map([
    ['acl|deluser', { tips: '' }],
    ['acl|save', { tips: '' }],
    ['acl|setuser', { tips: '' }],
    ['client|setname', { tips: '' }],
    ['command|getkeys', { arity: -4 }],
    ['command|getkeysandflags', { arity: -4 }],
    ['sentinel|config', { arity: -3 }],
  ]),
  noCommand: (_user, command) =>
    `NOPERM this user has no permissions to run the '${command}' command`,
  noChannel: 'NOPERM this user has no permissions to access one of the channels used as arguments',
  dryRun: (_user, what) => `This user has no permissions to ${what}`,
  helloAuth: 'HELLO AUTH <user> <pass>',
  payload: 'said',
  aclLogDetails: false,
  helloStepwise: true,
  replyFirst: false,
  clientFilters: new Set(OLD_FILTERS),
  killHelp: words('addr laddr type user skipme'),
  clientHelp: new Set(),
  moreFields: false,
  ioThread: false,
  expiredSubkeys: false,
  rebootFlag: false,
  configMany: false,
  configShapes: 'ERR Only SENTINEL CONFIG GET <option> / SET <option> <value> are supported.',
  logLevelVariable: false,
  configHelp: ['CONFIG SET <param> <value>', 'CONFIG GET <param>'],
};

const VALKEY_8: Dialect = {
  ...REDIS_8,
  product: 'Valkey',
  fatalWord: 'Version',
  title: 'valkey-sentinel',
  server: 'valkey',
  version: '8.1.1',
  redisVersion: '7.2.4',
  hidden: new Set(OWN_COMMANDS),
  noAclFile: noAclFile('', 'configuration file', 'configuration'),
  listFilters: true,
  primaryType: true,
  looseEnds: true,
  listHelp: words('type user addr laddr id skipme maxage'),
  clientHelp: new Set(['capa', 'setinfo', 'no-touch', 'import-source']),
  ioThread: false,
  clientTotals: true,
  expiredSubkeys: false,
  valkeyFields: true,
  masterWord: 'primary',
  rebootDirective: 'primary-reboot-down-after-period',
};

const BUSY = { flags: 'noscript loading stale allow_busy' };

const VALKEY_9: Dialect = {
  ...VALKEY_8,
  version: '9.1.2',
  rows: new Map<string, RowChange>([
    ['client|caching', BUSY],
    ['client|getname', BUSY],
    ['client|getredir', BUSY],
    ['client|id', BUSY],
    ['client|no-evict', { flags: 'admin noscript loading stale allow_busy' }],
    ['client|reply', { flags: 'noscript loading stale no_multi allow_busy' }],
    ['client|setinfo', BUSY],
    ['client|setname', BUSY],
    ['sentinel|failover', { arity: -3 }],
  ]),
  noSubcommands: 'array',
  controlText: 'control characters are not allowed',
  controlInSecrets: 'refused',
  loginFirst: true,
  exactEnds: true,
  gluedQuotes: true,
  payload: 'never',
  databases: true,
  ruleWord: 'rule',
  clientFilters: new Set([
    ...[...OLD_FILTERS, ...NEW_FILTERS].flatMap((filter) => [filter, `not-${filter}`]),
    ...['maxage', 'idle'],
  ]),
  killHelp: [...VALKEY_8.killHelp, ...NEW_FILTERS, 'idle'],
  listHelp: [...VALKEY_8.listHelp, ...NEW_FILTERS, 'idle'],
  slotFields: true,
  totalTilt: true,
  coordinated: true,
  fileQuotes: 'always',
};

export const DIALECTS: Readonly<Record<Compat, Dialect>> = {
  'redis-7.0': REDIS_70,
  'redis-8': REDIS_8,
  'valkey-8': VALKEY_8,
  'valkey-9': VALKEY_9,
};
