/**
 * An original is told to fail over, asks for no votes, and says its new epoch in a hello; the
 * master dies at that moment. No automatic failover may start in that epoch: it has a master
 * already (safety.md S5, S8, W5).
 */
import { Violation } from '../observer.ts';
import { atRest, groupOf, MINUTE, masterOf, switched } from './rest.ts';

export function sharedEpoch(seed: number): void {
  const world = atRest(seed, { group: { failoverTimeout: 30_000 } });
  const [original, ...others] = world.sentinels;
  const { id, host, port } = original!;
  const master = masterOf(world);
  const chosen = world.servers.find((one) => one !== master)!;
  const hello = (epoch: number, at: { host: { ip: string }; port: number }) => {
    const payload = `${host.ip},${port},${id},1,g,${at.host.ip},${at.port},${epoch}`;
    for (const one of others) one.request(['publish', '__sentinel__:hello', payload]);
  };
  // From here on it is played: its process is gone, what it would say is said.
  original!.crash();
  master.pause();
  world.run(5000 - world.random.between(1000, 2500));
  hello(0, master);
  switched(world, others, MINUTE, 'a manual failover beside a dying master');
  chosen.follow(null);
  hello(1, chosen);
  world.run(2000);
  for (const one of others) {
    const { configEpoch, master: own } = groupOf(one);
    if (configEpoch !== 1n || own.address.ip === chosen.host.ip) continue;
    throw new Violation('S8', `${one.name} and the original name two masters of epoch 1`);
  }
}
