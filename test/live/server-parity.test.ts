/**
 * The same bytes to Debian's `redis-sentinel` and to ours (`compat redis-7.0`), and the same bytes back after masking
 * what must differ. Each case is a connection of its own.
 */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, Sentinel, type SentinelKind } from '../../src/lab/index.ts';

const known: Readonly<Record<string, string>> = {
  // A knowing difference (docs/DIFFERENCES.md).
  QUIT: 'answered',
};

const line = (words: string) => `${words}\r\n`;
const names = [
  'PING',
  'PING a',
  'PING a b',
  'ping',
  'ECHO x',
  'FOO',
  'FOO a b',
  `FOO ${'x'.repeat(200)} y`,
  'GET a',
  'SET a b',
  'CONFIG GET x',
  'MULTI',
  'RESET',
  'DEBUG SLEEP 1',
  'SELECT 1',
  'PUBSUB CHANNELS',
  'TIME',
  'MONITOR',
  'AUTH',
  'AUTH x',
  'AUTH a b',
  'AUTH default x',
  'AUTH a b c',
  'HELLO x',
  'HELLO 1',
  'HELLO 4',
  'HELLO 2 FOO',
  'HELLO 2 AUTH x',
  'HELLO 2 AUTH nobody x',
  'HELLO 2 SETNAME',
  'HELLO 99999999999999999999',
  'CLIENT',
  'CLIENT FOO',
  'CLIENT FOO a',
  'CLIENT GETNAME',
  'CLIENT GETNAME x',
  'CLIENT SETNAME abc',
  'CLIENT SETNAME "a b"',
  'CLIENT SETNAME ""',
  'CLIENT LIST TYPE x',
  'CLIENT LIST TYPE master',
  'CLIENT LIST ID x',
  'CLIENT LIST ID',
  'CLIENT LIST x',
  'CLIENT LIST ID 99999',
  'CLIENT KILL',
  'CLIENT KILL 1.2.3.4:5',
  'CLIENT KILL ID x',
  'CLIENT KILL ID 0',
  'CLIENT KILL ID 99999',
  'CLIENT KILL TYPE x',
  'CLIENT KILL USER x',
  'CLIENT KILL SKIPME x',
  'CLIENT KILL FOO x',
  'CLIENT KILL ID 1 TYPE',
  'CLIENT PAUSE',
  'CLIENT PAUSE x',
  'CLIENT PAUSE -1',
  'CLIENT PAUSE 1 FOO',
  'CLIENT PAUSE 1 WRITE',
  'CLIENT PAUSE 1 ALL x',
  'CLIENT UNPAUSE',
  'CLIENT REPLY x',
  'CLIENT REPLY ON',
  'CLIENT UNBLOCK x',
  'CLIENT UNBLOCK 1',
  'CLIENT UNBLOCK 1 FOO',
  'CLIENT NO-EVICT on',
  'CLIENT NO-EVICT x',
  'CLIENT TRACKING on',
  'CLIENT TRACKING x',
  'CLIENT TRACKING on FOO',
  'CLIENT TRACKINGINFO',
  'CLIENT GETREDIR',
  'CLIENT CACHING yes',
  'CLIENT SETINFO lib-name x',
  'CLIENT NO-TOUCH on',
  'CLIENT HELP x',
  'COMMAND COUNT',
  'COMMAND FOO',
  'COMMAND COUNT x',
  'COMMAND LIST FOO',
  'COMMAND LIST FILTERBY MODULE x',
  'COMMAND LIST FILTERBY ACLCAT nope',
  'COMMAND LIST FILTERBY FOO x',
  'COMMAND INFO ping',
  'COMMAND INFO nope',
  'COMMAND INFO auth hello subscribe publish role shutdown info',
  'COMMAND INFO sentinel|set sentinel|config client|kill acl|whoami command|list',
  'COMMAND GETKEYS',
  'COMMAND GETKEYS nope a',
  'COMMAND GETKEYS ping a',
  'COMMAND GETKEYS sentinel master x',
  'COMMAND DOCS nope',
  'SUBSCRIBE',
  'SUBSCRIBE a b a',
  'PSUBSCRIBE a* b?',
  'UNSUBSCRIBE',
  'UNSUBSCRIBE x',
  'PUNSUBSCRIBE',
  'PUBLISH a b',
  'PUBLISH a',
  'PUBLISH __sentinel__:hello x',
  'PUBLISH __sentinel__:hello 1,2,3,4,5,6,7,8',
  'ROLE',
  'ROLE x',
  'SHUTDOWN ABORT',
  'SHUTDOWN FOO',
  'SHUTDOWN SAVE NOSAVE',
  'SHUTDOWN ABORT NOW',
  'INFO nope',
  'INFO replication',
  'ACL',
  'ACL FOO',
  'ACL WHOAMI',
  'ACL USERS',
  'ACL CAT',
  'ACL CAT nope',
  'ACL GENPASS x',
  'ACL GENPASS 0',
  'ACL GENPASS 5000',
  'ACL CAT geo',
  'SENTINEL',
  'SENTINEL FOO',
  'SENTINEL FOO a b',
  'SENTINEL MASTER',
  'SENTINEL MASTER nope',
  'SENTINEL MASTER a b',
  'SENTINEL MASTERS x',
  'SENTINEL REPLICAS nope',
  'SENTINEL SLAVES nope',
  'SENTINEL REPLICAS m',
  'SENTINEL SENTINELS nope',
  'SENTINEL SENTINELS m',
  'SENTINEL MYID x',
  'SENTINEL GET-MASTER-ADDR-BY-NAME',
  'SENTINEL GET-MASTER-ADDR-BY-NAME nope',
  'SENTINEL GET-MASTER-ADDR-BY-NAME m',
  'SENTINEL get-master-addr-by-name m',
  'SENTINEL IS-MASTER-DOWN-BY-ADDR',
  'SENTINEL IS-MASTER-DOWN-BY-ADDR 1.2.3.4 1 0 *',
  'SENTINEL IS-MASTER-DOWN-BY-ADDR 1.2.3.4 x 0 *',
  'SENTINEL IS-MASTER-DOWN-BY-ADDR 1.2.3.4 1 x *',
  'SENTINEL IS-MASTER-DOWN-BY-ADDR nowhere 1 0 *',
  'SENTINEL IS-MASTER-DOWN-BY-ADDR 1.2.3.4 99999 0 *',
  'SENTINEL RESET',
  'SENTINEL RESET nope*',
  'SENTINEL FAILOVER nope',
  'SENTINEL FAILOVER m',
  'SENTINEL FAILOVER',
  'SENTINEL CKQUORUM nope',
  'SENTINEL CKQUORUM m',
  'SENTINEL FLUSHCONFIG',
  'SENTINEL FLUSHCONFIG x',
  'SENTINEL MONITOR',
  'SENTINEL MONITOR m 127.0.0.1 1 1',
  'SENTINEL MONITOR z 127.0.0.1 1 x',
  'SENTINEL MONITOR z 127.0.0.1 x 1',
  'SENTINEL MONITOR z 127.0.0.1 1 0',
  'SENTINEL MONITOR z nowhere 1 1',
  'SENTINEL MONITOR z 127.0.0.1 99999 1',
  'SENTINEL REMOVE nope',
  'SENTINEL REMOVE',
  'SENTINEL SET',
  'SENTINEL SET m quorum',
  'SENTINEL SET nope quorum 1',
  'SENTINEL SET m quorum 0',
  'SENTINEL SET m quorum x',
  'SENTINEL SET m quorum 3',
  'SENTINEL SET m quorum 2',
  'SENTINEL SET m foo 1',
  'SENTINEL SET m down-after-milliseconds -20',
  'SENTINEL SET m Down-After-Milliseconds 0',
  'SENTINEL SET m parallel-syncs x',
  'SENTINEL SET m failover-timeout 0',
  'SENTINEL SET m notification-script /bin/true',
  'SENTINEL SET m rename-command GET',
  'SENTINEL SET m rename-command GET ""',
  'SENTINEL SET m auth-pass x',
  'SENTINEL SET m auth-pass ""',
  'SENTINEL SET m quorum 2 foo',
  'SENTINEL SET m master-reboot-down-after-period -1',
  'SENTINEL CONFIG',
  'SENTINEL CONFIG GET',
  'SENTINEL CONFIG GET nope',
  'SENTINEL CONFIG GET announce-ip',
  'SENTINEL CONFIG SET announce-port x',
  'SENTINEL CONFIG SET announce-port 99999',
  'SENTINEL CONFIG SET nope x',
  'SENTINEL CONFIG SET resolve-hostnames maybe',
  'SENTINEL INFO-CACHE',
  'SENTINEL INFO-CACHE nope',
  'SENTINEL INFO-CACHE m',
  'SENTINEL PENDING-SCRIPTS',
  'SENTINEL PENDING-SCRIPTS x',
  'SENTINEL SIMULATE-FAILURE',
  'SENTINEL SIMULATE-FAILURE nope',
  'SENTINEL SIMULATE-FAILURE help',
  'SENTINEL SIMULATE-FAILURE crash-after-election help',
  'SENTINEL DEBUG',
  'SENTINEL DEBUG foo',
  'SENTINEL DEBUG foo 1',
  'SENTINEL DEBUG ping-period x',
  'SENTINEL DEBUG PING-period 1000 info-period 10000',
  'SENTINEL HELP x',
  'QUIT',
];

const raw: readonly (readonly [string, string])[] = [
  ['unbalanced quotes', 'PING "a\r\n'],
  ['a bad multibulk count', '*x\r\n'],
  ['a bad bulk length', '*1\r\n$x\r\n'],
  ['no dollar', '*1\r\nPING\r\n'],
  ['a pipeline', '*1\r\n$4\r\nPING\r\nPING\r\n*2\r\n$4\r\nPING\r\n$1\r\nx\r\n'],
  ['good before bad', 'PING\r\n*1\r\n$-5\r\nPING\r\n'],
  [
    'a subscriber that says something else',
    'SUBSCRIBE a\r\nCLIENT ID\r\nPING\r\nPING x\r\nUNSUBSCRIBE\r\nPING\r\n',
  ],
  ['a RESP3 subscriber', 'HELLO 3\r\nSUBSCRIBE a\r\nPING\r\nUNSUBSCRIBE a\r\n'],
  [
    'RESP3 nulls',
    'HELLO 3\r\nSENTINEL GET-MASTER-ADDR-BY-NAME nope\r\nCLIENT GETNAME\r\nCOMMAND INFO nope\r\n',
  ],
  ['RESP3 maps', 'HELLO 3\r\nSENTINEL CONFIG GET *\r\nSENTINEL DEBUG\r\nCLIENT TRACKINGINFO\r\n'],
  ['RESP3 table entries', 'HELLO 3\r\nCOMMAND INFO ping sentinel|get-master-addr-by-name\r\n'],
  [
    'CLIENT REPLY SKIP and OFF',
    'CLIENT REPLY SKIP\r\nPING\r\nPING a\r\nCLIENT REPLY OFF\r\nPING b\r\nCLIENT REPLY ON\r\nPING c\r\n',
  ],
  ['HTTP', 'POST / HTTP/1.1\r\nHost: x\r\n\r\n'],
];

/** What comes back until it is quiet for a moment, or the end of the connection. */
function exchange(port: number, request: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let answer = '';
    let timer: NodeJS.Timeout | undefined;
    const done = (end: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer + end);
    };
    const quiet = (ms: number) => {
      clearTimeout(timer);
      timer = setTimeout(() => done(''), ms);
    };
    socket.on('connect', () => {
      socket.write(Buffer.from(request, 'latin1'));
      quiet(150);
    });
    socket.on('data', (bytes) => {
      answer += bytes.toString('latin1');
      quiet(40);
    });
    socket.on('error', () => {});
    socket.on('close', () => done('<closed>'));
  });
}

function mask(text: string): string {
  return text
    .replace(/(\$2\r\nid\r\n):\d+/g, '$1:N')
    .replace(/\$6\r\n7\.0\.15/g, '$6\r\nV')
    .replace(/(\*2\r\n):\d+(\r\n\$-1)/g, '$1:N$2');
}

describe('the bytes of', () => {
  const sentinels = {} as Record<SentinelKind, Sentinel>;

  beforeAll(async () => {
    const master = await freePort();
    for (const kind of ['original', 'ours'] as const) {
      const lines = [
        `sentinel monitor m 127.0.0.1 ${master} 2`,
        ...(kind === 'ours' ? ['compat redis-7.0'] : []),
      ];
      sentinels[kind] = await Sentinel.prepare({ kind, lines });
      await sentinels[kind].restart();
    }
  }, 30_000);

  afterAll(async () => {
    for (const sentinel of Object.values(sentinels)) await sentinel.dispose();
  });

  const cases: (readonly [string, string])[] = [
    ...names.map((words) => [words.slice(0, 60), line(words)] as const),
    ...raw,
  ];
  it.each(cases)('%s are those of the original', async (name, request) => {
    const [theirs, ours] = await Promise.all([
      exchange(sentinels.original.port, request),
      exchange(sentinels.ours.port, request),
    ]);
    if (known[name] !== undefined) expect(mask(ours)).not.toBe(mask(theirs));
    else expect(mask(ours)).toBe(mask(theirs));
  });
});
