/**
 * The process behind `Farm`: thousands of pretend servers in one event loop. Its parent tells it
 * over the IPC channel what to do; it ends with its parent.
 */
import { type Neighbours, PretendServer } from './pretend.ts';

/** One group: the port of its master, its replicas on those that follow. */
export interface FarmGroup {
  readonly port: number;
  readonly replicas: number;
}

export type FarmOrder =
  | { readonly id: number; readonly order: 'start'; readonly groups: readonly FarmGroup[] }
  | { readonly id: number; readonly order: 'down' | 'up'; readonly ports: readonly number[] }
  | { readonly id: number; readonly order: 'masters' };

/** `masters`: ports of the servers that are up and follow no other. */
export interface FarmReport {
  readonly id: number;
  readonly error?: string;
  readonly masters?: readonly number[];
}

const servers = new Map<number, PretendServer>();
/** The servers of a group, by any of their ports. */
const families = new Map<number, PretendServer[]>();

const neighbours: Neighbours = {
  at: (port) => servers.get(port),
  replicasOf: (port) =>
    (families.get(port) ?? []).filter((one) => one.up && one.masterPort === port),
};

async function carryOut(order: FarmOrder): Promise<Partial<FarmReport>> {
  switch (order.order) {
    case 'start':
      for (const { port, replicas } of order.groups) {
        const family: PretendServer[] = [];
        for (let at = port; at <= port + replicas; at += 1) {
          const one = new PretendServer(at, at === port ? null : port, neighbours);
          family.push(one);
          servers.set(at, one);
          families.set(at, family);
        }
        for (const one of family) await one.start();
      }
      return {};
    case 'down':
      for (const port of order.ports) servers.get(port)?.stop();
      return {};
    case 'up':
      for (const port of order.ports) await servers.get(port)?.start();
      return {};
    case 'masters': {
      const all = [...servers.values()];
      return { masters: all.filter((one) => one.up && one.masterPort === null).map((o) => o.port) };
    }
  }
}

process.on('message', (order: FarmOrder) => {
  carryOut(order).then(
    (report) => process.send?.({ id: order.id, ...report }),
    (error: Error) => process.send?.({ id: order.id, error: error.message }),
  );
});
process.on('disconnect', () => process.exit(0));
