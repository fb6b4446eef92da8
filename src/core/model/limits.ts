/**
 * Limits on what others can make a Sentinel keep or do, in one place (docs/SECURITY.md,
 * docs/DIFFERENCES.md): a Sentinel's messages need no megabytes, and no real use comes near these.
 * Where the original has a directive, that sets the limit, and the value here is the default. The
 * operator's own files are limited only in size.
 */
const KB = 1024;
const MB = 1024 * KB;

export const LIMITS = {
  /** An argument of a request; default of `proto-max-bulk-len`. */
  argumentBytes: MB,
  /** A whole request; default of `client-query-buffer-limit`. */
  requestBytes: 4 * MB,
  requestArguments: 65_536,
  /**
   * What all clients together make us keep: unread replies, unfinished requests, subscriptions;
   * default of `maxmemory-clients`.
   */
  clientsBytes: 48 * MB,
  /** CLIENT SETNAME, and the name and version of a library. */
  clientNameBytes: 256,
  /** Arguments of HELLO: each AUTH in it is compared with every password. */
  helloArguments: 64,
  /** Channels and patterns a client may subscribe to, and the length of each. */
  subscriptions: 1000,
  patternBytes: KB,
  /** Pattern length × length of the texts it is tried against, in one request. */
  matchSteps: 2 ** 24,
  /** Prefixes of CLIENT TRACKING; each may be as long as a pattern. */
  prefixes: 1000,
  /** Names one COMMAND INFO, DOCS or the like may ask about. */
  commandNames: 256,
  /** Patterns of one SENTINEL CONFIG GET. */
  names: 1000,
  /**
   * Users that ACL SETUSER may create, the rules and passwords of one user, and the text of all.
   */
  users: 1000,
  userRules: 1000,
  usersBytes: MB,
  userNameBytes: 256,
  /** Bytes of a name that ACL LOG keeps. */
  aclLogBytes: KB,
  /** Groups that MONITOR may add, their names, and how many members others may add to a group. */
  groups: 10_000,
  groupNameBytes: 512,
  /**
   * Names, addresses, passwords, scripts and renamed commands of all groups: every save writes
   * them.
   */
  groupsBytes: 4 * MB,
  replicas: 1000,
  peers: 1000,
  /** Peers of all groups together who have never answered a hello. */
  unprovenPeers: 1000,
  /** Pairs of one SENTINEL SET, the length of a value, renamed commands of a group. */
  setOptions: 1000,
  valueBytes: 16 * KB,
  renames: 256,
  renameBytes: 512,
  /** Messages of other Sentinels. An original's hello ends at 1,069 bytes. */
  helloBytes: 4 * KB,
  candidateBytes: 64,
  /** Hellos that wait for name servers; each will be repeated by its sender. */
  parkedHellos: 1000,
  /** Kept INFO of one server, for INFO-CACHE; longer texts are not kept. */
  infoBytes: 64 * KB,
  /** The same for all servers together. */
  infoTotalBytes: 16 * MB,
  hostBytes: 255,
} as const;
