/**
 * Listens to every event of every Sentinel of a group, and notes when each arrives. The clock is
 * `performance.now()`, the one the writer uses.
 */
import type { Group, Wire } from '../lab/index.ts';

export interface Seen {
  /** Number of the Sentinel, from 1. */
  readonly sentinel: number;
  /** `+sdown` and so on. */
  readonly event: string;
  readonly payload: string;
  /** `performance.now()` on arrival. */
  readonly at: number;
}

export class Watch {
  readonly seen: Seen[] = [];
  #wires: Wire[] = [];

  /** Subscribes to everything on each Sentinel. */
  static async start(group: Group): Promise<Watch> {
    const watch = new Watch();
    await Promise.all(
      group.sentinels.map(async (sentinel, index) => {
        const wire = await sentinel.open();
        watch.#wires.push(wire);
        await wire.subscribe('PSUBSCRIBE', ['*'], (message) => {
          const [kind, , channel, payload] = message;
          if (kind !== 'pmessage') return;
          const event = String(channel);
          const at = performance.now();
          watch.seen.push({ sentinel: index + 1, event, payload: String(payload), at });
        });
      }),
    );
    return watch;
  }

  /** What arrived since `from`, in order of arrival. */
  since(from: number): Seen[] {
    return this.seen.filter((one) => one.at >= from);
  }

  /** Which Sentinels have said this event since `from`. */
  who(event: string, from: number): Set<number> {
    const said = this.since(from).filter((one) => one.event === event);
    return new Set(said.map((one) => one.sentinel));
  }

  stop(): void {
    for (const wire of this.#wires) wire.close();
  }
}
