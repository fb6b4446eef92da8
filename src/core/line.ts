/**
 * The three lines of servers, side by side: everything that Redis 7.0, Redis 8 and Valkey 8 do differently (versions.md).
 *
 * The directive `compat` picks one; whoever has to know asks the line it was given. No other code knows the names of
 * the lines. What all of them can share (Valkey's aliases, the fixes of versions.md §5) is not in here.
 */

/** The words of `compat`. */
export type Compat = 'redis-7.0' | 'redis-8' | 'valkey-8';

/** One line of servers. */
export interface Line {
  /** In the banner. */
  readonly product: string;
  /** Before the version in a fatal configuration error. */
  readonly fatalWord: string;
  /** What `ps` shows before the address. */
  readonly title: string;
  /** `server` of HELLO. */
  readonly server: string;
  /** Version whose behaviour is followed: HELLO, banner, fatal errors. */
  readonly version: string;
  /** `redis_version` of INFO: what Valkey answers is the last Redis it is compatible with. */
  readonly redisVersion: string;
  /** Level of the log lines about start, end and manual failovers. */
  readonly announceLevel: 'notice' | 'warning';

  /** Commands that do not exist here. */
  readonly unknown: ReadonlySet<string>;
  /** Commands that are understood but left out of COMMAND and ACL CAT. */
  readonly hidden: ReadonlySet<string>;
  /** Arities other than those of the table. */
  readonly arities: ReadonlyMap<string, number>;

  /** Texts of refusals; `user` is the client's own. */
  readonly noCommand: (user: string, command: string) => string;
  readonly noChannel: string;
  /** ACL DRYRUN's verdicts. */
  readonly dryRun: (user: string, what: string) => string;
  /** The way out that HELLO names to clients that did not log in. */
  readonly helloAuth: string;

  /** Is `sanitize-payload` shown for users that never said it? */
  readonly payloadShown: boolean;
  /** ACL LOG: the id of an entry and its times; ages in the shortest form. */
  readonly aclLogDetails: boolean;
  /** HELLO applies its options one by one as it meets them, not all or none. */
  readonly helloStepwise: boolean;
  /** Events that a client's own command causes follow the reply. */
  readonly replyFirst: boolean;
  /** CLIENT KILL MAXAGE. */
  readonly killByAge: boolean;
  /** `watch=`, `lib-name=`, `lib-ver=` of CLIENT LIST, and the newer fields of INFO. */
  readonly moreFields: boolean;
  /** `tot-net-in=`, `tot-net-out=`, `tot-cmds=` of CLIENT LIST. */
  readonly clientTotals: boolean;
  /** The fields of INFO under which Valkey says what it is. */
  readonly valkeyFields: boolean;
  /** `master_reboot` among the flags of a master. */
  readonly rebootFlag: boolean;
  /** `sentinel_total_tilt` of INFO. */
  readonly totalTilt: boolean;

  /** SENTINEL CONFIG: many variables at a time, all or nothing. */
  readonly configMany: boolean;
  /** What is said of any other shape of SENTINEL CONFIG. */
  readonly configShapes: string;
  /** SENTINEL CONFIG has the variable `loglevel`. */
  readonly logLevelVariable: boolean;
  /** SENTINEL HELP's words for the arguments. */
  readonly configHelp: readonly [set: string, get: string];
  readonly masterWord: string;
  readonly primaryHelp: boolean;
  /** The word of the file for the time a rebooted master is left alone. */
  readonly rebootDirective: string;
}

const PRIMARY_COMMANDS = [
  'sentinel|get-primary-addr-by-name',
  'sentinel|is-primary-down-by-addr',
  'sentinel|primaries',
  'sentinel|primary',
];
/** Ours alone, so nobody's COMMAND LIST has it. */
const OWN_COMMANDS = ['quit'];

const REDIS_8: Line = {
  product: 'Redis',
  fatalWord: 'Redis',
  title: 'redis-sentinel',
  server: 'redis',
  version: '8.0.0',
  redisVersion: '8.0.0',
  announceLevel: 'notice',
  unknown: new Set(),
  hidden: new Set([...OWN_COMMANDS, ...PRIMARY_COMMANDS]),
  arities: new Map(),
  noCommand: (user, command) =>
    `NOPERM User ${user} has no permissions to run the '${command}' command`,
  noChannel: 'NOPERM No permissions to access a channel',
  dryRun: (user, what) => `User ${user} has no permissions to ${what}`,
  helloAuth: 'HELLO <proto> AUTH <user> <pass>',
  payloadShown: true,
  aclLogDetails: true,
  helloStepwise: false,
  replyFirst: true,
  killByAge: true,
  moreFields: true,
  clientTotals: false,
  valkeyFields: false,
  rebootFlag: true,
  totalTilt: true,
  configMany: true,
  configShapes:
    'ERR Only SENTINEL CONFIG GET <param> [<param> <param> ...] / SET <param> <value> ' +
    '[<param> <value> ...] are supported.',
  logLevelVariable: true,
  configHelp: [
    'CONFIG SET param value [param value ...]',
    'CONFIG GET <param> [param param param ...]',
  ],
  masterWord: 'master',
  primaryHelp: false,
  rebootDirective: 'master-reboot-down-after-period',
};

const REDIS_70: Line = {
  ...REDIS_8,
  version: '7.0.15',
  redisVersion: '7.0.15',
  announceLevel: 'warning',
  unknown: new Set(['client|setinfo']),
  arities: new Map([
    ['command|getkeys', -4],
    ['command|getkeysandflags', -4],
    ['sentinel|config', -3],
  ]),
  noCommand: (_user, command) =>
    `NOPERM this user has no permissions to run the '${command}' command`,
  noChannel: 'NOPERM this user has no permissions to access one of the channels used as arguments',
  dryRun: (_user, what) => `This user has no permissions to ${what}`,
  helloAuth: 'HELLO AUTH <user> <pass>',
  payloadShown: false,
  aclLogDetails: false,
  helloStepwise: true,
  replyFirst: false,
  killByAge: false,
  moreFields: false,
  rebootFlag: false,
  totalTilt: false,
  configMany: false,
  configShapes: 'ERR Only SENTINEL CONFIG GET <option> / SET <option> <value> are supported.',
  logLevelVariable: false,
  configHelp: ['CONFIG SET <param> <value>', 'CONFIG GET <param>'],
};

const VALKEY_8: Line = {
  ...REDIS_8,
  product: 'Valkey',
  fatalWord: 'Version',
  title: 'valkey-sentinel',
  server: 'valkey',
  version: '8.1.0',
  redisVersion: '7.2.4',
  hidden: new Set(OWN_COMMANDS),
  clientTotals: true,
  valkeyFields: true,
  masterWord: 'primary',
  primaryHelp: true,
  rebootDirective: 'primary-reboot-down-after-period',
};

export const LINES: Readonly<Record<Compat, Line>> = {
  'redis-7.0': REDIS_70,
  'redis-8': REDIS_8,
  'valkey-8': VALKEY_8,
};
