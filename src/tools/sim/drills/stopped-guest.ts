/**
 * The leader's machine is stopped, its clock with it, while its votes are on their way, and goes on
 * when another one has long switched. It may give its order, as an original would; it must not
 * announce what comes of it as the configuration.
 */
import { Violation } from '../observer.ts';
import { atRest, groupOf, MINUTE, masterOf, said, switched } from './rest.ts';

export function stoppedGuest(seed: number): void {
  const world = atRest(seed);
  masterOf(world).stop(false);
  const candidate = () =>
    world.sentinels.find((one) => {
      const { failover } = groupOf(one);
      return failover?.state === 'wait_start' && failover.durable;
    });
  if (!world.until(() => candidate() !== undefined, 20_000, 0.02)) {
    throw new Violation('L3', 'nobody is a candidate');
  }
  const leader = candidate()!;
  const others = world.sentinels.filter((one) => one !== leader);
  leader.pause();
  const stoppedAt = world.now;
  switched(world, others, MINUTE, 'the leader is stopped');
  world.run(2 * MINUTE);
  const since = world.now;
  leader.jumpClock(stoppedAt - since);
  leader.resume();
  world.run(MINUTE);
  const [lie] = said(world, since, leader.name, /^\+(promoted-slave|failover-end)/);
  if (lie !== undefined) throw new Violation('S7', `${leader.name} announces its old election`);
  const named = new Set(world.sentinels.map((one) => groupOf(one).master.address.ip));
  if (named.size > 1) throw new Violation('L6', `they name ${[...named].join(' and ')}`);
}
