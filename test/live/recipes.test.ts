/**
 * The recipes of docs/OPERATIONS.md, played on hosts of their own with the commands that stand
 * there: from originals to ours host by host, members that come and go, new passwords, a reboot, an
 * upgrade, and back to originals.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type SentinelKind, sentinelCommand, until } from '../../src/tools/lab/index.ts';
import { type Host, hosts, whyNoHosts } from '../support/hosts.ts';

const why = whyNoHosts();
const DOCUMENT = readFileSync('docs/OPERATIONS.md', 'utf8');
const patience = { timeoutMs: 60_000, everyMs: 200 };

/** A command as the document has it. */
function written(command: string): string {
  expect(DOCUMENT).toContain(`    ${command}\n`);
  return command;
}

const ACL = readFileSync('docs/ACL.md', 'utf8');
const RIGHTS = (/^ {4}(redis-cli ACL SETUSER sentinel on .*)$/m.exec(ACL)?.[1] ?? '').replace(
  '>secret',
  '>old',
);
const BACK =
  /^ {4}(sed -i -E .*) \/etc\/redis-sentinel\/sentinel\.conf$/m.exec(DOCUMENT)?.[1] ?? '';

it('the recipes lead where they say', async ({ skip }) => {
  skip(why !== null, why ?? '');
  const [one, two, three, four] = hosts(4) as [Host, Host, Host, Host];
  const trio = [one, two, three];
  let ours = false;
  let env = { REDISCLI_AUTH: 'old' };

  const sentinel = (host: Host, command: string) => host.type(written(command), env);
  const ask = (host: Host, words: string) => host.type(`redis-cli -p 26379 ${words}`, env);
  const file = (host: Host) => join(host.folder, 'sentinel.conf');
  const startServer = (host: Host, ...options: string[]) => {
    const own = ['--port', '6379', '--bind', host.address, '127.0.0.1', '--protected-mode', 'no'];
    const fast = ['--save', '', '--repl-diskless-sync-delay', '0', '--aclfile', 'users.acl'];
    return host.start('redis', 'redis-server', ...own, ...fast, ...options);
  };
  const startSentinel = async (host: Host, kind: SentinelKind = ours ? 'ours' : 'original') => {
    await host.start('sentinel', ...sentinelCommand(kind, file(host)));
    await until(() => answers(host), `the Sentinel of ${host.address} answers`, patience);
  };
  const answers = (host: Host) => {
    try {
      return ask(host, 'PING') === 'PONG';
    } catch {
      return false;
    }
  };
  const field = (host: Host, words: string, name: string) =>
    ask(host, words)
      .split('\n')
      .flatMap((line, at, all) => (line === name ? [all[at + 1] ?? ''] : []));
  const replicaFlags = (host: Host) => field(host, 'SENTINEL REPLICAS mymaster', 'flags');
  const peerFlags = (host: Host) => field(host, 'SENTINEL SENTINELS mymaster', 'flags');
  const masterOf = (host: Host) =>
    ask(host, 'SENTINEL GET-MASTER-ADDR-BY-NAME mymaster').split('\n')[0]!;
  /** Everybody up, seen by everybody. */
  const isWhole = (replicas: number, sentinels: number) =>
    trio.every((host) => {
      const [servers, peers] = [replicaFlags(host), peerFlags(host)];
      const links = field(host, 'SENTINEL REPLICAS mymaster', 'master-link-status');
      return (
        servers.length === replicas &&
        servers.every((flags) => flags === 'slave') &&
        links.every((link) => link === 'ok') &&
        peers.length === sentinels - 1 &&
        peers.every((flags) => flags === 'sentinel') &&
        field(host, 'SENTINEL MASTER mymaster', 'flags')[0] === 'master'
      );
    });
  const whole = (what: string, replicas = 2, sentinels = 3) =>
    until(() => isWhole(replicas, sentinels), what, patience);
  const ids = () => trio.map((host) => ask(host, 'SENTINEL MYID'));

  const lines = (master: string) => [
    'port 26379',
    'protected-mode no',
    'requirepass old',
    'sentinel sentinel-pass old',
    `sentinel monitor mymaster ${master} 6379 2`,
    'sentinel down-after-milliseconds mymaster 2000',
    'sentinel failover-timeout mymaster 10000',
    'sentinel auth-user mymaster sentinel',
    'sentinel auth-pass mymaster old',
  ];
  for (const host of [...trio, four]) writeFileSync(join(host.folder, 'users.acl'), '');
  for (const host of trio) {
    await startServer(host, ...(host === one ? [] : ['--replicaof', one.address, '6379']));
    await until(() => host.type('redis-cli PING || true') === 'PONG', 'the server answers');
    host.type(RIGHTS);
    host.type('redis-cli ACL SAVE');
    writeFileSync(file(host), `${[...lines(one.address), `dir ${host.folder}`].join('\n')}\n`);
  }
  for (const host of trio) await startSentinel(host);
  await whole('a group of originals');

  // From originals, host by host.
  const before = ids();
  ours = true;
  for (const host of [three, two, one]) {
    await host.stop('sentinel');
    writeFileSync(file(host), `compat redis-7.0\n${readFileSync(file(host), 'utf8')}`);
    await startSentinel(host);
    await whole(`ours on ${host.address}`);
  }
  expect(ids()).toEqual(before);
  expect(trio.map((host) => field(host, 'SENTINEL MASTER mymaster', 'config-epoch'))).toEqual([
    ['0'],
    ['0'],
    ['0'],
  ]);

  // What to watch.
  expect(
    sentinel(
      two,
      'redis-cli -p 26379 SENTINEL REPLICAS mymaster | paste - - | grep -P ' +
        "'^(name|flags|master-link-status)\\t'",
    ).split('\n'),
  ).toHaveLength(6);
  expect(sentinel(two, 'redis-cli -p 26379 INFO server | grep config_save_status')).toContain(
    ':ok',
  );

  // Another password of the servers.
  const servers = (command: string) => {
    for (const host of trio) host.type(written(command));
  };
  servers("redis-cli ACL SETUSER sentinel '>new'");
  for (const host of trio) sentinel(host, 'redis-cli -p 26379 SENTINEL SET mymaster auth-pass new');
  await whole('the new password is in use');
  servers("redis-cli ACL SETUSER sentinel '<old'");
  for (const host of trio) host.type('redis-cli ACL SAVE');
  await whole('the old one is not');

  // Another password of the Sentinels.
  for (const host of trio) sentinel(host, "redis-cli -p 26379 ACL SETUSER default '>new'");
  for (const host of trio) {
    sentinel(host, 'redis-cli -p 26379 SENTINEL CONFIG SET sentinel-pass new');
  }
  env = { REDISCLI_AUTH: 'new' };
  for (const host of trio) sentinel(host, "redis-cli -p 26379 ACL SETUSER default '<old'");
  for (const host of trio) expect(ask(host, 'SENTINEL FLUSHCONFIG')).toBe('OK');
  await whole('Sentinels with a new password');

  // A Sentinel more, and less.
  const fourth = lines(masterOf(one)).map((line) => line.replace(/ old$/, ' new'));
  writeFileSync(file(four), `${[...fourth, `dir ${four.folder}`].join('\n')}\n`);
  await startSentinel(four);
  await whole('a fourth Sentinel', 2, 4);
  const others =
    'redis-cli -p 26379 SENTINEL MASTER mymaster | paste - - | grep num-other-sentinels';
  expect(sentinel(one, others)).toMatch(/\t3$/);
  await four.stop('sentinel');
  for (const host of trio) {
    sentinel(host, 'redis-cli -p 26379 SENTINEL RESET mymaster');
    await until(() => /\t2$/.test(sentinel(host, others)), 'the rest is found again', patience);
  }
  await whole('three Sentinels again');

  // A replica more, and less.
  await startServer(four, '--replicaof', masterOf(one), '6379');
  await until(() => four.type('redis-cli PING || true') === 'PONG', 'the server answers');
  four.type(RIGHTS.replace('>old', '>new'));
  await whole('a third replica', 3);
  await four.stop('redis');
  for (const host of trio) {
    sentinel(host, 'redis-cli -p 26379 SENTINEL RESET mymaster');
    await until(() => replicaFlags(host).length === 2, 'the rest is found again', patience);
  }
  await whole('two replicas again');

  // The master's host is rebooted.
  sentinel(one, 'redis-cli -h 10.0.0.2 -p 26379 SENTINEL FAILOVER mymaster');
  const named = 'redis-cli -h 10.0.0.2 -p 26379 SENTINEL GET-MASTER-ADDR-BY-NAME mymaster';
  await until(() => !sentinel(one, named).startsWith(one.address), 'another is named', patience);
  await whole('switched');
  await one.die();
  await startServer(one, '--replicaof', masterOf(two), '6379');
  await startSentinel(one);
  await whole('the host is back');

  // Upgrade: stop, replace, start.
  for (const host of trio) {
    await host.stop('sentinel');
    await startSentinel(host);
    await whole(`restarted on ${host.address}`);
  }

  // Back to originals.
  expect(ids()).toEqual(before);
  ours = false;
  for (const host of trio) {
    await host.stop('sentinel');
    writeFileSync(file(host), `${readFileSync(file(host), 'utf8')}\nflight-recorder-size 4mb\n`);
    host.type(`${BACK} sentinel.conf`);
    await startSentinel(host);
    await whole(`an original on ${host.address}`);
  }
  expect(ids()).toEqual(before);
}, 300_000);
