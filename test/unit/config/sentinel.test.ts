import { describe, expect, test } from 'vitest';
import { ConfigError, parseConfig } from '../../../src/config/index.ts';
import { memoryIo } from '../../support/config-io.ts';

const monitor = 'sentinel monitor m 127.0.0.1 6379 2\n';

function read(text: string, files: Record<string, string> = {}, optionLines = '') {
  return parseConfig({ file: text, optionLines }, memoryIo(files));
}

function refusal(...args: Parameters<typeof read>): { message: string; line: number | null } {
  try {
    read(...args);
  } catch (error) {
    if (error instanceof ConfigError) return { message: error.message, line: error.line };
    throw error;
  }
  throw new Error('accepted');
}

describe('sentinel directives', () => {
  test('a group starts with the defaults', () => {
    expect(read(monitor).sentinel).toEqual({
      myId: null,
      currentEpoch: 0n,
      denyScriptsReconfig: true,
      resolveHostnames: false,
      announceHostnames: false,
      announceIp: null,
      announcePort: 0,
      sentinelUser: null,
      sentinelPass: null,
      groups: [
        expect.objectContaining({
          name: 'm',
          host: '127.0.0.1',
          port: 6379,
          quorum: 2,
          downAfter: 30000,
          failoverTimeout: 180000,
          parallelSyncs: 1,
          notificationScript: null,
          clientReconfigScript: null,
          authPass: null,
          authUser: null,
          masterRebootDownAfter: 0,
          configEpoch: 0n,
          leaderEpoch: 0n,
          replicas: [],
          sentinels: [],
          renames: [],
        }),
      ],
    });
  });

  test('every option reaches its place, before or after the monitor line', () => {
    const { sentinel } = read(`sentinel down-after-milliseconds m 1
${monitor}sentinel failover-timeout m 2
sentinel parallel-syncs m 3
sentinel notification-script m /bin/a
sentinel client-reconfig-script m /bin/b
sentinel auth-pass m p
sentinel auth-user m u
sentinel primary-reboot-down-after-period m 4
sentinel config-epoch m 5
sentinel leader-epoch m 18446744073709551615
sentinel known-replica m ::1 6
sentinel known-slave m 127.1 7
sentinel known-sentinel m 127.0.0.1 8 x
sentinel known-sentinel nobody 127.0.0.1 8
sentinel rename-command m GET g
sentinel current-epoch 3
sentinel myid ${'z'.repeat(40)}
sentinel announce-ip 1.2.3.4
sentinel announce-port 9
sentinel deny-scripts-reconfig NO
sentinel sentinel-user su
sentinel sentinel-pass sp
sentinel`);
    expect(sentinel).toMatchObject({
      myId: 'z'.repeat(40),
      currentEpoch: 5n,
      announceIp: '1.2.3.4',
      announcePort: 9,
      denyScriptsReconfig: false,
      sentinelUser: 'su',
      sentinelPass: 'sp',
    });
    expect(sentinel.groups[0]).toMatchObject({
      downAfter: 1,
      failoverTimeout: 2,
      parallelSyncs: 3,
      notificationScript: '/bin/a',
      clientReconfigScript: '/bin/b',
      authPass: 'p',
      authUser: 'u',
      masterRebootDownAfter: 4,
      configEpoch: 5n,
      leaderEpoch: 2n ** 64n - 1n,
      replicas: [
        { host: '::1', port: 6 },
        { host: '127.0.0.1', port: 7 },
      ],
      sentinels: [{ host: '127.0.0.1', port: 8, id: 'x' }],
      renames: [{ command: 'GET', renamed: 'g' }],
    });
  });

  test('an empty text unsets what is announced and said to other Sentinels', () => {
    const { sentinel } = read(
      'sentinel announce-ip a\nsentinel announce-ip ""\nsentinel sentinel-user ""\n' +
        'sentinel sentinel-pass ""',
    );
    expect([sentinel.announceIp, sentinel.sentinelUser, sentinel.sentinelPass]).toEqual([
      null,
      null,
      null,
    ]);
  });

  test('a name is an address only where names may be resolved, wherever that is said', () => {
    const named = 'sentinel monitor m redis.example 6379 1\n';
    expect(refusal(named).message).toBe("Can't resolve instance hostname.");
    const { sentinel } = read(`${named}sentinel resolve-hostnames yes`);
    expect(sentinel.groups[0]!.host).toBe('redis.example');
    expect(refusal('sentinel resolve-hostnames yes\nsentinel monitor m "" 1 1').message).toBe(
      "Can't resolve instance hostname.",
    );
  });

  test.each([
    ['foo', 'Unrecognized sentinel configuration statement.'],
    ['monitor n 127.0.0.1 1', 'Unrecognized sentinel configuration statement.'],
    ['monitor n nowhere 99999 0', 'Quorum must be 1 or greater.'],
    ['monitor n 127.0.0.1 1 2147483648', 'Quorum must be 1 or greater.'],
    ['monitor n nowhere 99999 1', 'Invalid port number.'],
    ['monitor n 127.0.0.1 x 1', 'Invalid port number.'],
    ['monitor m nowhere 1 1', "Can't resolve instance hostname."],
    ['monitor m 127.0.0.1 6379 2', 'Duplicate master name.'],
    ['down-after-milliseconds n 0', 'No such master with specified name.'],
    ['down-after-milliseconds m 0', 'negative or zero time parameter.'],
    ['down-after-milliseconds m 5x', 'negative or zero time parameter.'],
    ['failover-timeout m -1', 'negative or zero time parameter.'],
    ['master-reboot-down-after-period m -1', 'negative time parameter.'],
    ['parallel-syncs m 2147483648', 'Invalid number of parallel syncs.'],
    ['notification-script m /no', 'Notification script seems non existing or non executable.'],
    [
      'client-reconfig-script m /no',
      'Client reconfiguration script seems non existing or non executable.',
    ],
    ['known-replica m 127.0.0.1 x', 'Invalid port number.'],
    ['known-sentinel n 127.0.0.1 x a', 'No such master with specified name.'],
    ['config-epoch m -1', 'Invalid epoch.'],
    ['config-epoch m 18446744073709551616', 'Invalid epoch.'],
    ['current-epoch x', 'Invalid epoch.'],
    ['myid 5', 'Malformed Sentinel id in myid option.'],
    ['deny-scripts-reconfig x', 'Please specify yes or no for the deny-scripts-reconfig options.'],
    ['resolve-hostnames x', 'Please specify yes or no for the resolve-hostnames option.'],
    ['announce-hostnames x', 'Please specify yes or no for the announce-hostnames option.'],
  ])('sentinel %s is refused with "%s"', (line, message) => {
    expect(refusal(`${monitor}sentinel ${line}`)).toEqual({ message, line: 2 });
  });

  test('the phases decide which of several mistakes is reported', () => {
    const lines = 'sentinel auth-pass x y\nsentinel monitor n 127.0.0.1 1 0\nsentinel myid 5\n';
    expect(refusal(lines).line).toBe(3);
    expect(refusal(`${lines}foo`).line).toBe(4);
    expect(refusal(lines.replace('myid 5', 'announce-ip x')).line).toBe(2);
  });
});

describe('the same thing said twice', () => {
  const all = `${monitor}sentinel known-replica m 127.0.0.1 1
sentinel known-sentinel m 127.0.0.1 2 x
sentinel rename-command m GET g
`;

  test.each([
    [monitor, 'Duplicate master name.'],
    ['sentinel known-replica m 127.1 1', 'Duplicate hostname and port for replica.'],
    ['sentinel known-sentinel m 127.0.0.1 2 x', 'Duplicate runid for sentinel.'],
    ['sentinel rename-command m get g', 'Same command renamed multiple times with rename-command.'],
  ])('in one text, %j is refused', (line, message) => {
    expect(refusal(all + line)).toEqual({ message, line: 5 });
  });

  test('by an included file or by options it is no error', () => {
    const { sentinel } = read(`${all}include /etc/a.conf`, { '/etc/a.conf': all }, all);
    expect(sentinel.groups).toHaveLength(1);
    expect(sentinel.groups[0]!.replicas).toHaveLength(1);
    expect(sentinel.groups[0]!.sentinels).toHaveLength(1);
    expect(sentinel.groups[0]!.renames).toHaveLength(1);
  });

  test('by options but differently, the file knows the addresses and the options the rest', () => {
    const options = `sentinel monitor m 127.0.0.1 6380 3
sentinel rename-command m get other
sentinel down-after-milliseconds m 7
`;
    const { sentinel, warnings } = read(all, {}, options);
    expect(sentinel.groups).toEqual([
      expect.objectContaining({ host: '127.0.0.1', port: 6379, quorum: 3, downAfter: 7 }),
    ]);
    expect(sentinel.groups[0]!.renames).toEqual([{ command: 'get', renamed: 'other' }]);
    expect(warnings).toEqual([
      'sentinel monitor m: the address in the configuration file counts, not that in the ' +
        'command line',
    ]);
    const other = 'sentinel known-sentinel m 127.0.0.1 3 x';
    expect(refusal(all, {}, other).message).toBe('Duplicate runid for sentinel.');
  });

  test('by two files that are included, and differently, it is refused', () => {
    const files = { '/data/a': monitor, '/data/b': monitor.replace('6379', '6380') };
    expect(refusal('include a\ninclude b', files).message).toBe('Duplicate master name.');
  });

  test('epochs of another source never go back', () => {
    const { sentinel } = read(
      `${monitor}sentinel config-epoch m 5\nsentinel leader-epoch m 6`,
      {},
      'sentinel config-epoch m 1\nsentinel leader-epoch m 1\n',
    );
    expect(sentinel.groups[0]).toMatchObject({ configEpoch: 5n, leaderEpoch: 6n });
  });
});

describe('a file that others manage', () => {
  const managed = `sentinel monitor m 127.0.0.1 6379 2
sentinel down-after-milliseconds m 1000
sentinel primary-reboot-down-after-period m 4
sentinel rename-command m GET g
sentinel known-replica m 127.0.0.1 1
sentinel known-sentinel m 127.0.0.1 2 ${'x'.repeat(40)}
sentinel announce-port 5
sentinel myid ${'a'.repeat(40)}
sentinel auth-pass m old
loglevel verbose
dir sub
user alice on +@all
`;
  const files = { '/data/managed.conf': managed, '/data/sub/x': '' };
  /** What a Sentinel has saved that was switched to another master meanwhile. */
  const state = `include managed.conf

# Generated by CONFIG REWRITE
dir "/data/sub"
loglevel verbose
user alice on +@all
sentinel myid ${'b'.repeat(40)}
sentinel monitor m 127.0.0.1 6380 2
sentinel down-after-milliseconds m 1000
sentinel master-reboot-down-after-period m 4
sentinel rename-command m GET g
sentinel auth-pass m old
sentinel config-epoch m 7
sentinel leader-epoch m 8
sentinel known-replica m 127.0.0.1 6379
sentinel known-sentinel m 127.0.0.1 3 ${'x'.repeat(40)}
sentinel current-epoch 8
sentinel announce-port 5
`;
  const moved =
    'sentinel monitor m: the address in the configuration file counts, not that in managed.conf';

  test('is no obstacle after a failover: what was learned is in the file itself', () => {
    const { sentinel, generic, warnings } = read(state, files);
    expect(warnings).toEqual([moved]);
    expect(sentinel).toMatchObject({ myId: 'b'.repeat(40), currentEpoch: 8n, announcePort: 5 });
    expect(sentinel.groups).toEqual([
      expect.objectContaining({
        ...{ host: '127.0.0.1', port: 6380, quorum: 2, downAfter: 1000, masterRebootDownAfter: 4 },
        ...{ configEpoch: 7n, leaderEpoch: 8n, authPass: 'old' },
        replicas: [{ host: '127.0.0.1', port: 6379 }],
        sentinels: [{ host: '127.0.0.1', port: 3, id: 'x'.repeat(40) }],
        renames: [{ command: 'GET', renamed: 'g' }],
      }),
    ]);
    expect(generic).toMatchObject({ logLevel: 'verbose', dir: '/data/sub' });
    expect(generic.users).toEqual([{ name: 'alice', rules: ['on', '+@all'] }]);
  });

  test('is the same where it is included behind all that was saved', () => {
    const { sentinel, warnings } = read(`${state.replace(/^.*/, '')}include managed.conf`, {
      ...files,
      '/data/sub/managed.conf': managed.replace('dir sub', 'dir /data/sub'),
    });
    expect(warnings).toEqual([moved]);
    expect(sentinel.groups[0]).toMatchObject({ port: 6380, configEpoch: 7n });
    expect(sentinel.myId).toBe('b'.repeat(40));
  });

  test('has the settings that count, also when it is changed, and the log says so', () => {
    const changed = managed
      .replace('6379 2', '6379 3')
      .replace('1000', '3000')
      .replace('period m 4', 'period m 5')
      .replace('GET g', 'GET h')
      .replace('announce-port 5', 'announce-port 6')
      .replace('pass m old', 'pass m new')
      .replace('verbose', 'debug')
      .replace('alice on', 'alice off')
      .replace('dir sub', 'dir other');
    const { sentinel, generic, warnings } = read(state, {
      ...{ '/data/managed.conf': changed, '/data/sub/x': '', '/data/other/x': '' },
    });
    expect(sentinel).toMatchObject({ announcePort: 6, currentEpoch: 8n });
    expect(sentinel.groups).toEqual([
      expect.objectContaining({
        ...{ port: 6380, quorum: 3, downAfter: 3000, masterRebootDownAfter: 5, authPass: 'new' },
        ...{ configEpoch: 7n, renames: [{ command: 'GET', renamed: 'h' }] },
      }),
    ]);
    expect(generic).toMatchObject({ logLevel: 'debug', dir: '/data/other' });
    expect(generic.users).toEqual([{ name: 'alice', rules: ['off', '+@all'] }]);
    const overruled = [
      'dir',
      'loglevel',
      'user alice',
      'sentinel announce-port',
      'quorum of sentinel monitor m',
      'sentinel down-after-milliseconds m',
      'sentinel master-reboot-down-after-period m',
      'sentinel rename-command m GET',
      'sentinel auth-pass m',
    ].map(
      (setting) =>
        `${setting}: what managed.conf says counts, not what the configuration file says`,
    );
    expect([...warnings].sort()).toEqual([...overruled, moved].sort());
  });

  test('is overruled by lines that somebody wrote behind its inclusion', () => {
    const own = 'sentinel down-after-milliseconds m 5\nloglevel warning\n';
    const { sentinel, generic, warnings } = read(state.replace('\n\n', `\n${own}\n`), files);
    expect(sentinel.groups[0]!.downAfter).toBe(1000);
    expect(generic.logLevel).toBe('verbose');
    expect(warnings).toEqual([moved]);
    const saved = state.replace(/sentinel down-.*\n|loglevel .*\n/g, '');
    const kept = read(saved.replace('\n\n', `\n${own}\n`), files);
    expect(kept.sentinel.groups[0]!.downAfter).toBe(5);
    expect(kept.generic.logLevel).toBe('warning');
  });

  test('an epoch in it lifts the current one, and never that of the address', () => {
    const { sentinel } = read(state, {
      ...files,
      '/data/managed.conf': `${managed}sentinel config-epoch m 9\nsentinel leader-epoch m 10\n`,
    });
    expect(sentinel.currentEpoch).toBe(9n);
    expect(sentinel.groups[0]).toMatchObject({ configEpoch: 7n, leaderEpoch: 10n });
  });

  test('a user of two texts that somebody wrote is refused', () => {
    expect(refusal('user alice on\ninclude a', { '/data/a': 'user alice off' }).message).toContain(
      'Duplicate user found.',
    );
  });
});

describe('warnings', () => {
  test('half of a credential is pointed out', () => {
    const { warnings } = read(`${monitor}sentinel auth-user m bob\nsentinel sentinel-user eve`);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain('auth-user m: without auth-pass');
    expect(warnings[1]).toContain('sentinel-user: without sentinel-pass');
  });

  test('an id that other Sentinels of this kind take for none is pointed out', () => {
    const { sentinel, warnings } = read(`sentinel myid ${'z'.repeat(40)}`);
    expect(sentinel.myId).toBe('z'.repeat(40));
    expect(warnings).toEqual([expect.stringContaining(`sentinel myid ${'z'.repeat(40)}: `)]);
    expect(read(`sentinel myid ${'a'.repeat(40)}`).warnings).toEqual([]);
  });

  test('a state file of its own is taken note of, and not used', () => {
    expect(read('sentinel state-config-file /x').warnings).toEqual([
      'sentinel state-config-file: ignored, all state is kept in the main file',
    ]);
  });

  test('a source address that is a name is pointed out', () => {
    expect(read('bind-source-addr eth0').warnings).toEqual([
      'bind-source-addr: is no IP address, so no connection to an instance will open',
    ]);
    expect(read('bind-source-addr 127.0.0.1').warnings).toEqual([]);
  });

  test('a whole one is not', () => {
    expect(
      read(
        `${monitor}sentinel auth-user m bob\nsentinel auth-pass m x\n` +
          'sentinel sentinel-user eve\nrequirepass y',
      ).warnings,
    ).toEqual([]);
  });
});
