/**
 * What commands, and the checks before them, may access of the server and of the requesting client.
 */
import type { LogLevel } from '../core/index.ts';
import type { AclLog } from './acllog.ts';
import type { Client } from './client.ts';
import type { Outbox, Shared } from './outbox.ts';
import type { PubSub } from './pubsub.ts';
import type { ServerConfig, ServerPorts } from './serverconfig.ts';
import type { Stats } from './stats.ts';
import type { CommandTable } from './table.ts';
import type { Users } from './users.ts';

export interface ClientContext extends Client {
  readonly outbox: Outbox;
  /** Bytes of requests not yet processed. */
  readonly heldBytes: number;
  /** No further request is processed; what is written is still sent. */
  readonly closing: boolean;
  /** The present request is the last one: the connection is closed after its reply. */
  last: boolean;
  /** CLIENT REPLY: OFF; SKIP for the next request. */
  repliesOff: boolean;
  skipNext: boolean;
  /** As CLIENT LIST shows it. */
  line(): string;
  /** An event, already encoded for its protocol. */
  deliver(message: Shared): void;
  /** Ends the connection at once. */
  destroy(): void;
}

export interface ServerContext {
  readonly config: ServerConfig;
  readonly ports: ServerPorts;
  readonly stats: Stats;
  readonly hub: PubSub;
  readonly table: CommandTable;
  readonly users: Users;
  readonly aclLog: AclLog;
  /** 40 hexadecimal digits, new for every process. */
  readonly runId: string;
  /** Monotonic ms. */
  readonly startedAt: number;
  readonly connectedClients: number;
  readonly maxClients: number;
  /** Whether CLIENT PAUSE is in force, and for how much longer. */
  readonly paused: boolean;
  readonly pauseLeftMs: number;
  pause(ms: number): void;
  unpause(): void;
  log(level: LogLevel, text: string): void;
  /** By ascending id. */
  sessions(): Iterable<ClientContext>;
  session(id: number): ClientContext | undefined;
  /** Reads the ACL file, if there is one. Null, or why nothing has changed. */
  loadUsers(): string | null;
  /**
   * Users (these, or any) were removed or lost permissions: their clients are disconnected, `by`
   * after its reply.
   */
  usersChanged(by: ClientContext, names?: readonly string[]): void;
}
