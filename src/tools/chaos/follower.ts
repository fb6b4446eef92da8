/**
 * A client as the guidelines for Sentinel clients want it: asks a Sentinel, checks the role of the
 * server it was sent to, asks again after any failure, and goes where a Sentinel says the master
 * has gone, whatever it is waiting for.
 */
import { type Address, AnswerError, pause, Wire } from '../lab/index.ts';
import { GROUP } from './host.ts';

/** ms for a write; 200 ms of latency and a packet sent twice must not look like a failure. */
const PATIENCE = 1_500;
/** ms for a question to a Sentinel: there are others. */
const SENTINEL_PATIENCE = 600;

export class Follower {
  readonly #sentinels: readonly Address[];
  #wire: Wire | null = null;
  #at: Address | null = null;
  #told: Address | null = null;
  #turn = 0;
  #interrupt: (() => void) | null = null;

  constructor(sentinels: readonly Address[]) {
    this.#sentinels = sentinels;
    for (const sentinel of sentinels) void this.#listen(sentinel);
  }

  /** Resolves when the master has acknowledged it. @throws for any failure */
  async add(key: string, value: number): Promise<void> {
    const wire = this.#wire?.open ? this.#wire : await this.#orInterrupted(this.#connect());
    try {
      await wire.call('SADD', key, value);
    } catch (error) {
      // A server that refuses for want of replicas is still the master.
      const stays = error instanceof AnswerError && error.message.startsWith('NOREPLICAS');
      if (!stays && wire === this.#wire) this.#leave();
      throw error;
    }
  }

  #leave(): void {
    this.#wire?.close();
    this.#wire = null;
    this.#at = null;
  }

  /** A switch does not wait for the end of an attempt to reach the old master. */
  #orInterrupted(attempt: Promise<Wire>): Promise<Wire> {
    return new Promise((resolve, reject) => {
      let over = false;
      const interrupt = () => {
        over = true;
        reject(new Error('the master has moved'));
      };
      this.#interrupt = interrupt;
      attempt
        .then((wire) => {
          if (over) wire.close();
          else this.#wire = wire;
          resolve(wire);
        }, reject)
        .finally(() => {
          if (this.#interrupt === interrupt) this.#interrupt = null;
        });
    });
  }

  async #connect(): Promise<Wire> {
    const at = this.#told ?? (await this.#askMaster());
    this.#told = null;
    this.#at = at;
    const wire = await Wire.open({ ...at, timeoutMs: PATIENCE });
    try {
      const role = await wire.call('ROLE');
      if (!Array.isArray(role) || role[0] !== 'master') throw new Error(`${at.host} is no master`);
    } catch (error) {
      wire.close();
      throw error;
    }
    return wire;
  }

  #moved(to: Address): void {
    if (to.host === this.#at?.host) return;
    this.#leave();
    this.#told = to;
    this.#interrupt?.();
  }

  /** The first that answers; another one is asked first each time. */
  async #askMaster(): Promise<Address> {
    this.#turn += 1;
    for (let index = 0; index < this.#sentinels.length; index += 1) {
      const sentinel = this.#sentinels[(index + this.#turn) % this.#sentinels.length];
      if (sentinel === undefined) continue;
      try {
        const wire = await Wire.open({ ...sentinel, timeoutMs: SENTINEL_PATIENCE });
        const answer = await wire
          .call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', GROUP)
          .finally(() => wire.close());
        if (Array.isArray(answer)) return { host: String(answer[0]), port: Number(answer[1]) };
      } catch {
        // The next one may answer.
      }
    }
    throw new Error('no Sentinel names a master');
  }

  async #listen(sentinel: Address): Promise<never> {
    for (;;) {
      try {
        const wire = await Wire.open({ ...sentinel, timeoutMs: PATIENCE });
        await wire.subscribe('SUBSCRIBE', ['+switch-master'], (message) => {
          const [group, , , host = '', port] = String(message[2]).split(' ');
          if (group === GROUP) this.#moved({ host, port: Number(port) });
        });
        await wire.closed;
      } catch {
        // It is away; it is listened to again when it comes back.
      }
      await pause(200);
    }
  }
}
