/** The room `shell`: Node around the core. */

export { AclFile } from './aclfile.ts';
export { claim, claimedBy } from './claim.ts';
export { monotonic } from './clock.ts';
export {
  isDaemonChild,
  type Relaunch,
  relaunch,
  tellFailed,
  tellUp,
} from './daemonize.ts';
export { type Core, Driver, type DriverPorts } from './driver.ts';
export { errorText } from './errno.ts';
export { FlightFiles } from './flightfile.ts';
export { isExecutable, lookingIo, readRegular, systemIo } from './io.ts';
export { Log, type LogFormat, type LogOptions, type LogThreshold } from './log.ts';
export { growNursery } from './nursery.ts';
export { byteString, pathBytes, pathText } from './paths.ts';
export { newFileComplaint, saveComplaint, unreadableHint } from './premises.ts';
export {
  backlogComplaint,
  DEFAULT_PID_FILE,
  procTitle,
  removePidFile,
  type Supervisor,
  supervisor,
  tellSupervisor,
  writePidFile,
} from './process.ts';
export { NameResolver } from './resolver.ts';
export { ConfigWriter, type SaveState } from './save/writer.ts';
export { Scripts } from './scripts.ts';
export { handleSignals, handleUncaught, type Leave } from './signals.ts';
export { spare } from './spare.ts';
export { Thrift } from './thrift.ts';
export { Tls, TlsError } from './tls.ts';
