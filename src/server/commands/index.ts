/**
 * All rows of the command table; a new command is a new row in one of these files (commands.md §5).
 */
import type { Row } from '../row.ts';
import { ACL } from './acl.ts';
import { CLIENT } from './client.ts';
import { COMMAND } from './command.ts';
import { CONNECTION } from './connection.ts';
import { PUBSUB } from './pubsub.ts';
import { SENTINEL } from './sentinel.ts';
import { SERVER } from './server.ts';

export const ROWS: readonly Row[] = [
  ...ACL,
  ...CLIENT,
  ...COMMAND,
  ...CONNECTION,
  ...PUBSUB,
  ...SENTINEL,
  ...SERVER,
];
