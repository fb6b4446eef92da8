/**
 * The process behind `Client`: writes numbers without a pause from a host of its own, remembers
 * which of them were acknowledged, and ends with its parent.
 */
import { type Address, pause } from '../lab/index.ts';
import { Follower } from './follower.ts';
import { monotonic } from './run.ts';

/** `begin`: a new key, from number 1. `report`: what was acknowledged since. */
export type Order =
  | { readonly id: number; readonly order: 'begin'; readonly key: string }
  | { readonly id: number; readonly order: 'report' };

export interface Acknowledged {
  readonly value: number;
  /** Monotonic ms of the machine. */
  readonly sentAt: number;
  readonly at: number;
}

export interface Report {
  readonly id: number;
  readonly acknowledged: readonly Acknowledged[];
}

const EVERY_MS = 10;

const sentinels = process.argv.slice(2).map((word): Address => {
  const [host = '', port = ''] = word.split(':');
  return { host, port: Number(port) };
});

let key = '';
let acknowledged: Acknowledged[] = [];

process.on('message', (order: Order) => {
  if (order.order === 'begin') {
    key = order.key;
    acknowledged = [];
  }
  const report: Report = { id: order.id, acknowledged };
  process.send?.(report);
});
process.on('disconnect', () => process.exit(0));

const follower = new Follower(sentinels);
for (let value = 1; ; value += 1) {
  const target = key;
  const sentAt = monotonic();
  if (target !== '') {
    try {
      await follower.add(target, value);
      if (target === key) acknowledged.push({ value, sentAt, at: monotonic() });
    } catch {
      // It does not count.
    }
  }
  await pause(EVERY_MS);
}
