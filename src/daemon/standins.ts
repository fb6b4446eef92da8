/**
 * A group that exists in memory only: three servers and two Sentinels that answer the real core at
 * once. The warm-up lets its master die repeatedly.
 */
import {
  type AddressConfig,
  blankConfig,
  blankGroup,
  createState,
  DIALECTS,
  type Effect,
  type Input,
  type LinkReply,
  type State,
  step,
} from '../core/index.ts';

const PORT = 6379;
const SENTINEL_PORT = 26379;
const SERVERS = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
const PEERS = ['10.0.0.4', '10.0.0.5'];
const GROUP = 'stand-ins';
/** Virtual ms from a request to its answer, and for a save. */
const ANSWER_MS = 0.5;
/** Virtual ms within which a failover and what follows it must end. */
const PATIENCE_MS = 60_000;

const text = (value: string): LinkReply => ({ kind: 'text', text: value });
const idOf = (host: string): string => host.replace(/\D/g, '').padStart(40, '0');

export class StandIns {
  readonly #state: State;
  #now = 0;
  #wakeAt = 0;
  /** Inputs to come, in chronological order. */
  readonly #coming: { readonly at: number; readonly input: Input }[] = [];
  /** The host of each open connection. */
  readonly #hosts = new Map<number, string>();
  readonly #dead = new Set<string>();
  #master = SERVERS[0]!;

  constructor() {
    const at = (host: string): AddressConfig => ({ host, port: PORT });
    const group = {
      ...blankGroup({ name: GROUP, ...at(this.#master), quorum: 2 }),
      downAfter: 1000,
      replicas: SERVERS.slice(1).map(at),
      sentinels: PEERS.map((host) => ({ host, port: SENTINEL_PORT, id: idOf(host) })),
    };
    this.#state = createState(
      { ...blankConfig(), myId: idOf('10.0.0.6'), groups: [group] },
      {
        ...{ dialect: DIALECTS['redis-8'], port: SENTINEL_PORT, tlsPort: 0, tlsReplication: false },
        ...{ requirepass: null, logLevel: 'notice', seed: 'stand-ins', isExecutable: () => true },
      },
      0,
    );
    this.#turn({ type: 'start' });
    this.#until(() => this.#isWhole, 'all are connected');
  }

  /** Completed failovers. */
  get epoch(): bigint {
    return this.#group.configEpoch;
  }

  /**
   * The master dies, a replica is promoted, the old one comes back as its replica. @throws Error
   * when that takes too long
   */
  failOver(): void {
    const dead = this.#master;
    const { epoch } = this;
    this.#dead.add(dead);
    for (const [connection, host] of this.#hosts) {
      if (host === dead) this.#comes({ type: 'disconnected', connection, reason: 'reset' });
    }
    this.#until(() => this.epoch > epoch && this.#group.failover === null, 'it is switched');
    this.#dead.delete(dead);
    this.#until(() => this.#isWhole, 'all are back');
  }

  get #group() {
    return this.#state.groups.get(GROUP)!;
  }

  get #isWhole(): boolean {
    const { master, replicas, peers, failover } = this.#group;
    const isUp = ({ sDownSince, role }: { sDownSince: number | null; role?: string }) =>
      sDownSince === null && role !== undefined;
    return (
      failover === null &&
      master.infoAt !== null &&
      isUp(master) &&
      replicas.size === SERVERS.length - 1 &&
      [...replicas.values()].every((one) => one.infoAt !== null && isUp(one)) &&
      [...peers.values()].every((one) => one.sDownSince === null && one.introduced)
    );
  }

  #until(condition: () => boolean, what: string): void {
    const end = this.#now + PATIENCE_MS;
    while (!condition()) {
      const next = this.#coming[0];
      if (next !== undefined && next.at <= this.#wakeAt) {
        this.#coming.shift();
        this.#now = Math.max(this.#now, next.at);
        this.#turn(next.input);
      } else {
        this.#now = Math.max(this.#now, this.#wakeAt);
        this.#turn({ type: 'tick' });
      }
      if (this.#now > end) throw new Error(`the stand-ins wait in vain until ${what}`);
    }
  }

  #turn(input: Input): void {
    if (input.type === 'disconnected') this.#hosts.delete(input.connection);
    const { effects, save, wakeAt } = step(this.#state, input, this.#now);
    this.#wakeAt = wakeAt;
    if (save !== null) this.#comes({ type: 'saved', version: save, ok: true });
    for (const effect of effects) this.#react(effect);
  }

  #comes(input: Input): void {
    this.#coming.push({ at: this.#now + ANSWER_MS, input });
  }

  #react(effect: Effect): void {
    switch (effect.type) {
      case 'connect': {
        const { connection, host } = effect;
        if (this.#dead.has(host)) {
          return this.#comes({ type: 'disconnected', connection, reason: 'Connection refused' });
        }
        this.#hosts.set(connection, host);
        return this.#comes({ type: 'connected', connection, localAddress: '10.0.0.6' });
      }
      case 'close':
        this.#hosts.delete(effect.connection);
        return;
      case 'subscribe':
        return this.#comes({ type: 'subscribed', connection: effect.connection });
      case 'send': {
        const { connection, token, argv } = effect;
        const host = this.#hosts.get(connection);
        if (host === undefined || this.#dead.has(host)) return;
        return this.#comes({ type: 'reply', connection, token, reply: this.#answer(host, argv) });
      }
      default:
    }
  }

  #answer(host: string, [command, subcommand, , , epoch, candidate]: readonly string[]): LinkReply {
    switch (command) {
      case 'PING':
        return text('PONG');
      case 'INFO':
        return text(this.#info(host));
      case 'PUBLISH':
        return { kind: 'integer', value: 1 };
      case 'SLAVEOF':
        if (subcommand === 'NO') this.#master = host;
        return text('OK');
      case 'SENTINEL': {
        const down = this.#dead.has(this.#master) ? 1 : 0;
        const items: LinkReply[] = [{ kind: 'integer', value: down }];
        items.push(text(candidate ?? '*'), { kind: 'integer', value: BigInt(epoch ?? 0) });
        return { kind: 'array', items };
      }
      default:
        return text('OK');
    }
  }

  #info(host: string): string {
    const lines = ['# Server', 'redis_version:8.0.6', `run_id:${idOf(host)}`, '# Replication'];
    if (host === this.#master) {
      lines.push('role:master', `connected_slaves:${SERVERS.length - 1}`);
      for (const [index, ip] of SERVERS.filter((one) => one !== host).entries()) {
        lines.push(`slave${index}:ip=${ip},port=${PORT},state=online,offset=1,lag=0`);
      }
    } else {
      lines.push('role:slave', `master_host:${this.#master}`, `master_port:${PORT}`);
      lines.push('master_link_status:up', 'master_sync_in_progress:0', 'slave_repl_offset:1');
      lines.push('slave_priority:100', 'replica_announced:1');
    }
    return `${lines.join('\r\n')}\r\n`;
  }
}
