/**
 * The door of the server room: talks to clients, asks the core what only it knows.
 */
export { ListenError, tryPorts } from './listen.ts';
export { Server } from './server.ts';
export {
  DEFAULT_SETTINGS,
  type OutputLimit,
  type ServerPorts,
  type ServerSettings,
} from './settings.ts';
export { checkUserRules } from './userrules.ts';
export { OWN_VERSION } from './version.ts';
