/**
 * What is made to grow of every command: the table has an entry for every row of the command table,
 * and a row without one fails a test.
 */
import { CLIENT, COMMAND, CONNECTION, PUBSUB, SERVER } from './clients.ts';
import type { Case } from './measure.ts';
import { SENTINEL } from './sentinel.ts';
import { ACL } from './users.ts';

/** By the row's name. */
export const COMMAND_CASES: Readonly<Record<string, readonly Case[]>> = {
  ...ACL,
  ...CLIENT,
  ...COMMAND,
  ...CONNECTION,
  ...PUBSUB,
  ...SENTINEL,
  ...SERVER,
};
