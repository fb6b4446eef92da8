import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  ConfigError,
  type ConfigIo,
  formatFatalConfigError,
  parseConfig,
} from '../../../src/config/index.ts';
import { memoryIo } from '../../support/config-io.ts';

/** The error that a text is refused with. */
function refusal(
  sources: Parameters<typeof parseConfig>[0],
  io: ConfigIo = memoryIo(),
): ConfigError {
  try {
    parseConfig(sources, io);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('accepted');
}

function generic(text: string, io: ConfigIo = memoryIo()) {
  return parseConfig(text, io).generic;
}

describe('lines', () => {
  test('margins, comments and empty lines do not count, nor does the case of words', () => {
    const { port, timeout } = generic('# a\n\n  PORT 5  \r\n\t# port 6\n"Timeout" \'7\'');
    expect([port, timeout]).toEqual([5, 7]);
  });

  test('the report names the line and shows it trimmed', () => {
    const error = refusal('port 1\n\n  sentinel monitor m 127.0.0.1 41999\t\n');
    expect(formatFatalConfigError(error)).toBe(`
*** FATAL CONFIG FILE ERROR (Redis 8.0.6) ***
Reading the configuration file, at line 3
>>> 'sentinel monitor m 127.0.0.1 41999'
Unrecognized sentinel configuration statement.
`);
  });

  test('under the personality of Valkey the report says so', () => {
    const error = refusal('compat valkey-8\nfoo');
    expect(formatFatalConfigError(error)).toContain('ERROR (Version 8.1.1) ***');
  });

  test('a log file that cannot be opened is reported without a line', () => {
    const error = refusal('logfile /nowhere/log\nfoo.bar x');
    expect(formatFatalConfigError(error)).toBe(`
*** FATAL CONFIG FILE ERROR (Redis 8.0.6) ***
Can't open the log file: No such file or directory
`);
  });

  test('quotes that do not balance are refused', () => {
    expect(refusal('requirepass "a').message).toBe('Unbalanced quotes in configuration line');
  });
});

describe('sources', () => {
  test('the file comes first, then standard input, then options; the last one wins', () => {
    const io = memoryIo();
    const port = (sources: object) => parseConfig({ file: 'port 1', ...sources }, io).generic.port;
    expect(port({})).toBe(1);
    expect(port({ stdin: 'port 2' })).toBe(2);
    expect(port({ stdin: 'port 2\n', optionLines: 'port "3" \n' })).toBe(3);
  });

  test('lines of options are counted behind an extra newline', () => {
    const at = (file: string, more: object) => refusal({ file, ...more }).line;
    expect(at('port 1\nbind a\ntimeout 1\n', { optionLines: 'foo "1"\n' })).toBe(5);
    expect(at('port 1\nbind a', { optionLines: 'foo "1"\n' })).toBe(3);
    expect(at('port 1\n', { stdin: 'foo 1\n' })).toBe(2);
    expect(at('', { optionLines: 'foo\n' })).toBe(2);
  });

  test('an included file counts its own lines and may change the folder for what follows', () => {
    const io = memoryIo({ '/etc/a.conf': '\n\nfoo', '/etc/b.conf': 'dir sub', '/data/sub/x': '' });
    expect(refusal('port 1\ninclude /etc/a.conf', io)).toMatchObject({ line: 3, text: 'foo' });
    expect(generic('include /etc/b.conf', io).dir).toBe('/data/sub');
  });

  test('a byte order mark before a text says nothing', () => {
    const mark = '\xEF\xBB\xBF';
    const io = memoryIo({ '/data/a.conf': `${mark}timeout 5` });
    const sources = { file: `${mark}port 5\ninclude a.conf`, stdin: `${mark}tcp-keepalive 7\n` };
    const read = parseConfig(sources, io).generic;
    expect(read).toMatchObject({ port: 5, timeout: 5, tcpKeepalive: 7 });
    expect(refusal(`port 5\n${mark}timeout 5`)).toMatchObject({ line: 2 });
  });

  test('an included file that is missing is a matter for the log', () => {
    expect(refusal('include no.conf')).toMatchObject({
      report: 'log',
      message: "Fatal error, can't open config file 'no.conf': No such file or directory",
    });
  });

  test('wildcards include what matches in order, and nothing is no error', () => {
    const io = memoryIo({ '/etc/d/2.conf': 'port 2', '/etc/d/1.conf': 'port 1' });
    expect(generic('include /etc/d/*.conf', io).port).toBe(2);
    expect(generic('include /etc/none/*.conf', io).port).toBe(26379);
  });

  test('files that include each other come to an end', () => {
    const alone = memoryIo({ '/data/a.conf': 'include a.conf' });
    const message = 'Configuration files include each other without end';
    expect(refusal('include a.conf', alone).message).toBe(message);
    const names = Array.from({ length: 20 }, (_, index) => [
      `/data/${index}.conf`,
      'include *.conf',
    ]);
    expect(refusal('include *.conf', memoryIo(Object.fromEntries(names))).message).toBe(message);
  });
});

describe('generic directives', () => {
  test('without any line the defaults of a Sentinel hold', () => {
    const config = generic('');
    expect(config).toMatchObject({
      compat: 'redis-8',
      logFormat: 'legacy',
      port: 26379,
      protectedMode: false,
      bind: [
        { address: '*', optional: false },
        { address: '::*', optional: true },
      ],
      requirepass: null,
      dir: '/data',
      logLevel: 'notice',
      logFile: '',
      pidFile: null,
      maxClients: 10000,
    });
    expect(config.clientOutputBufferLimits.pubsub).toEqual({
      hard: 32 * 2 ** 20,
      soft: 8 * 2 ** 20,
      softSeconds: 60,
    });
    expect(config.tls).toMatchObject({ port: 0, replication: false, authClients: 'yes' });
  });

  test('values reach their typed place', () => {
    const config = generic(`bind 127.0.0.1 -::1
requirepass "a b"
unixsocket /s
unixsocketperm 700
maxmemory-clients 10%
hz 1000
loglevel NOTHING
shutdown-on-sigterm force now
client-output-buffer-limit slave 1mb 2kb 3
rename-command PING pong
rename-command info ""
user alice on >pw
tls-port 7
tls-auth-clients optional
compat redis-7.0
log-format json`);
    expect(config).toMatchObject({
      bind: [
        { address: '127.0.0.1', optional: false },
        { address: '::1', optional: true },
      ],
      requirepass: 'a b',
      unixSocket: '/s',
      unixSocketPerm: 0o700,
      maxMemoryClients: -10,
      hz: 500,
      logLevel: 'nothing',
      renameCommands: [
        { from: 'PING', to: 'pong' },
        { from: 'info', to: '' },
      ],
      users: [{ name: 'alice', rules: ['on', '>pw'] }],
      compat: 'redis-7.0',
      logFormat: 'json',
    });
    expect(config.clientOutputBufferLimits.replica).toEqual({
      hard: 2 ** 20,
      soft: 2048,
      softSeconds: 3,
    });
    expect(config.tls).toMatchObject({ port: 7, authClients: 'optional' });
  });

  test('no address means no listener', () => {
    expect([generic('bind').bind, generic('bind ""').bind]).toEqual([[], []]);
  });

  test('directives of other lines and of modules load', () => {
    expect(() =>
      generic('set-max-listpack-entries 5\nlog-timestamp-format iso8601\na.b c d'),
    ).not.toThrow();
  });

  test('an older name stands for the newer one', () => {
    expect(generic('slave-priority 5').values.get('replica-priority')).toBe(5n);
  });

  test.each([
    ['foo 1', 'Bad directive or wrong number of arguments'],
    ['port', 'wrong number of arguments'],
    ['daemonize maybe', "argument must be 'yes' or 'no'"],
    ['timeout x', "argument couldn't be parsed into an integer"],
    ['maxmemory 1tb', 'argument must be a memory value'],
    ['maxmemory-clients x', 'argument must be a memory or percent value'],
    ['unixsocketperm 9', "argument couldn't be parsed as an octal number"],
    ['unixsocketperm 1000', 'argument must be between 0 and 777 inclusive'],
    ['port 65536', 'argument must be between 0 and 65535 inclusive'],
    ['supervised x', 'argument(s) must be one of the following: upstart, systemd, auto, no'],
    ['dir /nowhere', 'No such file or directory'],
    ['save 1', 'Invalid save parameters'],
    [
      'client-output-buffer-limit normal 1',
      'Wrong number of arguments in buffer limit configuration.',
    ],
    [
      'client-output-buffer-limit x 1 1 1',
      'Invalid client class specified in buffer limit configuration.',
    ],
    [
      'client-output-buffer-limit normal 1 1 x',
      'Error in hard, soft or soft_seconds setting in buffer limit configuration.',
    ],
    [
      'client-output-buffer-limit normal 1 1 2147483648',
      'Error in hard, soft or soft_seconds setting in buffer limit configuration.',
    ],
    ['proc-title-template {title}', 'template format is invalid or contains unknown variables'],
    ['proc-title-template {port', 'template format is invalid or contains unknown variables'],
    ['rename-command x y', 'No such command in rename-command'],
    ['rename-command ping ACL', 'Target command name already exists'],
    ['a.b', 'Module config specified without value'],
    [
      'compat redis-9',
      'argument(s) must be one of the following: redis-8, redis-7.0, valkey-8, valkey-9',
    ],
  ])('%s is refused with "%s"', (line, message) => {
    expect(refusal(line).message).toBe(message);
  });

  test.each(['{title}{port}', '{port}{title}', '{{title}', 'x', '{title} }'])(
    'the title template %s shows something',
    (template) => {
      expect(generic(`proc-title-template "${template}"`).procTitleTemplate).toBe(template);
    },
  );

  test('a command renamed twice is no longer there the second time', () => {
    expect(refusal('rename-command ping a\nrename-command PING b').line).toBe(2);
    expect(() => generic('rename-command ping a\nrename-command A ping')).not.toThrow();
  });

  test('rules of users are judged by a judge of rules, and shown as the original does', () => {
    const io: ConfigIo = {
      ...memoryIo(),
      checkUserRules: (_name, rules) => {
        const rule = rules.indexOf('bad');
        return rule < 0 ? null : { rule, reason: 'Syntax error' };
      },
    };
    expect(refusal('user a bad', io).message).toBe(
      "Error in user declaration 'user': Syntax error",
    );
    expect(refusal('user a on bad', io).message).toBe(
      "Error in user declaration 'a': Syntax error",
    );
    expect(refusal('user a on\nuser a off', io).message).toBe(
      "Error in user declaration 'a': Duplicate user found. A user can only be defined once " +
        'in config files',
    );
  });
});

test('every line of the example file loads, those in comments included', () => {
  const file = new URL('../../../conf/sentinel.conf', import.meta.url);
  const example = readFileSync(file, 'latin1');
  const { sentinel, warnings } = parseConfig(example, memoryIo());
  expect(warnings).toEqual([]);
  expect(sentinel.groups).toMatchObject([{ name: 'mymaster', quorum: 2, downAfter: 5000 }]);
  const directive = new RegExp(
    '^# ((sentinel [a-z-]+|tls-[a-z-]+|bind|requirepass|dir|daemonize|pidfile|supervised|' +
      'compat|log-format|port) .*)$',
  );
  const suggestions = example.split('\n').flatMap((line) => directive.exec(line)?.[1] ?? []);
  expect(suggestions.length).toBeGreaterThan(15);
  const io = { ...memoryIo({ '/etc/redis-sentinel/x': '' }), isExecutable: () => true };
  expect(() => parseConfig(`${example}\n${suggestions.join('\n')}`, io)).not.toThrow();
});
