/**
 * The lab: starts real redis-servers, Sentinels of both kinds and clients in temporary folders on
 * free ports, watches them and ends them. Used by the demo, the bench and the live tests; never
 * imported by the daemon.
 */
export { type Answer, AnswerError, encode, fields, infoFields, rows } from './answer.ts';
export { Child } from './child.ts';
export { Farm, type FarmOptions } from './farm.ts';
export { keepFolder, removeFolder, temporaryFolder } from './folder.ts';
export { Group, type GroupOptions, type GroupSettings } from './group.ts';
export { type LogLine, parseLog, parseLogLine, readText } from './log.ts';
export {
  findOracle,
  findServers,
  installedCompat,
  ORACLES,
  type Oracle,
  type OracleName,
  PROVEN,
  SERVERS,
  type ServerName,
} from './oracle.ts';
export { freePort } from './ports.ts';
export { choose, exitOnSignals, runProgram, say, wholeNumber } from './program.ts';
export { type Address, type RedisOptions, RedisServer } from './redis.ts';
export { Sentinel, type SentinelKind, type SentinelOptions, sentinelCommand } from './sentinel.ts';
export { pause, type UntilOptions, until } from './until.ts';
export { Caller, Wire, type WireOptions } from './wire.ts';
export { type Gap, type Write, Writer, type WriterOptions, type WritingClient } from './writer.ts';
