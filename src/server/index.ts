/** The door of the server: talks to clients, asks the core what only it knows. */
export { ListenError, tryPorts } from './listen.ts';
export { Server } from './server.ts';
export {
  DEFAULT_SERVER_CONFIG,
  type OutputLimit,
  type ServerConfig,
  type ServerPorts,
} from './serverconfig.ts';
export { checkUserRules } from './userrules.ts';
export { OWN_VERSION } from './version.ts';
