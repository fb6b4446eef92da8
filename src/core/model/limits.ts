/**
 * Ceilings for what others make a Sentinel keep or do, in one place (docs/SECURITY.md, docs/DIFFERENCES.md): a Sentinel's
 * words need no megabytes, and no real use comes near these. Where the original has a directive, that sets the limit and
 * this is what holds while no line says otherwise. What the operator's own files say is not limited, but by their size.
 */
const KB = 1024;
const MB = 1024 * KB;

export const LIMITS = {
  /** A word of a request; `proto-max-bulk-len` says otherwise. */
  wordBytes: MB,
  /** A request as a whole; `client-query-buffer-limit` says otherwise. */
  requestBytes: 4 * MB,
  requestWords: 65_536,
  /** What all clients together make us keep: unread replies, unfinished requests, subscriptions; `maxmemory-clients`. */
  clientsBytes: 48 * MB,
  /** CLIENT SETNAME, the name and version of a library. */
  clientNameBytes: 256,
  /** Of HELLO: each AUTH in it costs a look at every password. */
  helloWords: 64,
  /** Channels and patterns one client listens to, and the length of each. */
  subscriptions: 1000,
  patternBytes: KB,
  /** Letters of patterns × letters of the texts they are tried against, in one request. */
  matchSteps: 2 ** 24,
  /** Prefixes of CLIENT TRACKING; each may be as long as a pattern. */
  prefixes: 1000,
  /** Names one COMMAND INFO, DOCS or the like may ask about. */
  commandNames: 256,
  /** Patterns of one SENTINEL CONFIG GET. */
  names: 1000,
  /** Users that ACL SETUSER may make, the rules and passwords of one, and the text of all. */
  users: 1000,
  userRules: 1000,
  usersBytes: MB,
  userNameBytes: 256,
  /** What ACL LOG keeps of a name. */
  aclLogBytes: KB,
  /** Groups that MONITOR may add, their names, and what a group may grow to by what others say. */
  groups: 10_000,
  groupNameBytes: 512,
  /** Names, addresses, passwords, scripts and renamed commands of all groups: every save writes them. */
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
  /** Texts of other Sentinels. An original's hello ends at 1,069 bytes. */
  helloBytes: 4 * KB,
  candidateBytes: 64,
  /** Hellos that wait for name servers; each is said again. */
  parkedHellos: 1000,
  /** Of the INFO of each server, for INFO-CACHE; what is longer is not kept. */
  infoBytes: 64 * KB,
  /** The same of all servers together. */
  infoTotalBytes: 16 * MB,
  hostBytes: 255,
} as const;
