/**
 * What the log says of a replica whose link to its living master stays down (reports of mixed
 * versions).
 */
import { describe, expect, it } from 'vitest';
import { readyGroup } from '../../../support/world.ts';

/**
 * The lines about links that one Sentinel logs while a replica has none, and this is what the two
 * servers are.
 */
function said(replica: string, master: string, more: { syncing?: boolean } = {}): string[] {
  const { world, servers, sentinels } = readyGroup({ sentinels: 1, replicas: 1 });
  const [first, second] = servers;
  const as = (text: string) => (info: string) => info.replace('redis_version:8.0.6', text);
  for (const [server, text] of [
    [first!, master],
    [second!, replica],
  ] as const) {
    const info = server.inner.info.bind(server.inner);
    server.inner.info = () => {
      const told = as(text)(info());
      if (server === first) return told;
      return told
        .replace('link_status:up', 'link_status:down')
        .replace('in_progress:0', `in_progress:${more.syncing ? 1 : 0}`);
    };
  }
  world.run(60_000);
  const lines = sentinels[0]!.lines.map(({ text }) => text);
  return lines.filter((line) => line.includes('has had no link'));
}

const redis = (version: string) => `redis_version:${version}`;
const valkey = (version: string) =>
  `redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:${version}`;

describe('a replica whose link to its living master stays down', () => {
  it('is named once, with both versions, when it cannot read what the master sends', () => {
    const lines = said(redis('7.0.15'), redis('8.0.6'));
    expect(lines).toEqual([
      expect.stringMatching(
        new RegExp(
          String.raw`^Replica \S+ has had no link to its master for 10 s: it is Redis 7\.0\.15 ` +
            String.raw`and does not read what its master, Redis 8\.0\.6, sends$`,
        ),
      ),
    ]);
  });

  it.each([
    [redis('6.0.16'), redis('7.0.15')],
    [redis('7.0.15'), valkey('8.1.1')],
    [redis('7.0.15'), valkey('9.1.2')],
    [valkey('8.1.1'), redis('8.0.6')],
    [valkey('9.1.2'), redis('8.0.6')],
  ])('is told from one that could: %j under %j', (replica, master) => {
    expect(said(replica, master, { syncing: true })).toEqual([
      expect.stringContaining('does not read what its master'),
    ]);
  });

  it.each([
    [redis('6.0.16'), redis('6.2.7')],
    [redis('8.0.6'), redis('6.0.16')],
    [redis('8.0.6'), valkey('8.1.1')],
    [redis('8.0.6'), valkey('9.1.2')],
    [valkey('8.1.1'), valkey('9.1.2')],
    [valkey('8.1.1'), redis('7.2.4')],
    [valkey('9.1.2'), valkey('8.1.1')],
    [valkey('9.1.2'), redis('7.0.15')],
    ['redis_version:unstable', redis('8.0.6')],
  ])('has its reason in its own log otherwise: %j under %j', (replica, master) => {
    expect(said(replica, master)).toEqual([expect.stringMatching(/: its own log says why$/)]);
  });

  it('is not named while it takes a long copy that it can read', () => {
    expect(said(redis('8.0.6'), redis('8.0.6'), { syncing: true })).toEqual([]);
  });
});
