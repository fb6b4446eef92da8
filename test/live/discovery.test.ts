/**
 * Three and five Sentinels find the replicas and each other from one `monitor` line (monitoring.md
 * §8, §9).
 */
import { describe, expect, it } from 'vitest';
import { until } from '../../src/tools/lab/index.ts';
import { all, kinds, readyGroup } from '../support/live.ts';

describe.each(kinds)('discovery by %s Sentinels', (kind) => {
  it.each([3, 5])('%i Sentinels find two replicas and all their peers', async (count) => {
    const group = await readyGroup({ sentinels: all(kind, count) });
    const [master, ...replicas] = group.servers;
    const ids = await Promise.all(group.sentinels.map((one) => one.myId()));
    expect(new Set(ids).size).toBe(count);
    for (const [index, sentinel] of group.sentinels.entries()) {
      const seen = await sentinel.master(group.name);
      expect(seen).toMatchObject({
        name: group.name,
        ip: '127.0.0.1',
        port: String(master?.port),
        flags: 'master',
        quorum: String(group.quorum),
        'num-slaves': '2',
        'num-other-sentinels': String(count - 1),
        'config-epoch': '0',
      });
      const names = (await sentinel.replicas(group.name)).map((one) => one.name);
      expect(names.sort()).toEqual(replicas.map((one) => one.name).sort());
      const peers = (await sentinel.peers(group.name)).map((one) => one.runid);
      expect(peers.sort()).toEqual(ids.filter((_, other) => other !== index).sort());
    }
  });

  it('tells what it found in events, in INFO and in its file', async () => {
    const group = await readyGroup({ sentinels: all(kind) });
    const [sentinel] = group.sentinels;
    const [master, first, second] = group.servers;
    if (!sentinel || !master || !first || !second) throw new Error('group too small');
    const at = `@ ${group.name} 127.0.0.1 ${master.port}`;
    const events = sentinel.events().map((one) => `${one.event} ${one.payload}`);
    expect(events[0]).toBe(`+monitor master ${group.name} 127.0.0.1 ${master.port} quorum 2`);
    for (const replica of [first, second]) {
      expect(events).toContain(`+slave slave ${replica.name} 127.0.0.1 ${replica.port} ${at}`);
    }
    for (const peer of group.sentinels.slice(1)) {
      const id = await peer.myId();
      expect(events).toContain(`+sentinel sentinel ${id} 127.0.0.1 ${peer.port} ${at}`);
      await until(
        () =>
          sentinel
            .configText()
            .includes(`sentinel known-sentinel ${group.name} 127.0.0.1 ${peer.port} ${id}\n`),
        'the peer is in the file',
      );
    }
    const text = sentinel.configText();
    expect(text).toContain(`sentinel known-replica ${group.name} 127.0.0.1 ${first.port}\n`);
    expect(text).toContain(`sentinel known-replica ${group.name} 127.0.0.1 ${second.port}\n`);
    expect(text).toContain(`sentinel myid ${await sentinel.myId()}\n`);
    const info = await sentinel.info();
    expect(info.master0).toBe(
      `name=${group.name},status=ok,address=127.0.0.1:${master.port},slaves=2,sentinels=3`,
    );
  });

  it('a Sentinel that comes later is found by the others; a restart changes nothing', async () => {
    const group = await readyGroup({ sentinels: all(kind, 2), quorum: 2 });
    const late = await group.prepareSentinel(kind);
    group.sentinels.push(late);
    await late.restart();
    await group.waitReady();
    const id = await late.myId();
    await late.restart();
    await group.waitReady();
    expect(await late.myId()).toBe(id);
    for (const sentinel of group.sentinels) {
      expect(await sentinel.master(group.name)).toMatchObject({ 'num-other-sentinels': '2' });
      expect(sentinel.events('+sentinel-address-switch')).toEqual([]);
      expect(sentinel.events('+switch-master')).toEqual([]);
    }
  });
});
