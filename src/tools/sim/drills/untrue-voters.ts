/**
 * Two of three Sentinels are dead, and untruths are told of them, so that the third would count
 * fewer: a new id where one of them was, which then is said to be where the third is itself. It
 * must not elect itself alone (safety.md S20, §6.2).
 */

import { Violation } from '../observer.ts';
import type { VirtualSentinel } from '../sentinel.ts';
import { atRest, groupOf, MINUTE, masterOf, NAME, said } from './rest.ts';

/** An id and where it is said to be. */
type Told = readonly [id: string, one: VirtualSentinel];

const [A, B] = ['a'.repeat(40), 'b'.repeat(40)];

export function untrueVoters(seed: number): void {
  const world = atRest(seed, { group: { quorum: 1 } });
  const [here, ...dead] = world.sentinels as [VirtualSentinel, VirtualSentinel, VirtualSentinel];
  const [second, third] = dead;
  for (const one of dead) one.crash();
  const restart = () => {
    here.crash();
    world.run(1000);
    here.start();
    world.run(5000);
  };
  world.run(10_000);
  if (seed % 4 > 1) restart();
  const newIds: readonly Told[] = [
    [A, second],
    [A, here],
    [B, third],
    [B, here],
  ];
  const oldIds: readonly Told[] = [
    [second.id, here],
    [third.id, here],
  ];
  const together: readonly Told[] = [
    [third.id, second],
    [A, second],
    [A, here],
    [B, third],
    [B, here],
  ];
  for (const [id, at] of [newIds, oldIds, together][seed % 3]!) {
    tell(here, id, at);
    world.run(seed % 2 === 0 ? 0 : 2500);
  }
  if (seed % 4 > 2) restart();
  world.run(5000);
  const since = world.now;
  masterOf(world).stop(false);
  world.run(10 * MINUTE);
  if (said(world, since, here.name, /\+elected-leader/).length === 0) return;
  const voters = groupOf(here).peers.size + 1;
  throw new Violation('S20', `${here.name} elected itself alone, as one of ${voters}`);
}

/** A hello with this id, from where that one is; `ip`: by another of its addresses. */
export function tell(
  to: VirtualSentinel,
  id: string,
  { host, port }: VirtualSentinel,
  ip: string = host.ip,
): void {
  const { address } = groupOf(to).master;
  const about = `${NAME},${address.ip},${address.port},${groupOf(to).configEpoch}`;
  const payload = `${ip},${port},${id},${to.state.currentEpoch},${about}`;
  to.request(['publish', '__sentinel__:hello', payload]);
}
