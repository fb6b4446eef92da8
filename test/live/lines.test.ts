/**
 * `compat`: what a client sees of the lines of servers, for everything in which they cannot be
 * reconciled (versions.md §1, §2). `redis-7.0` is compared with the original itself in
 * parity.test.ts.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sentinel, Wire } from '../../src/tools/lab/index.ts';

/** An answer as text: lists in brackets, errors as they are. */
type Told = string;

interface Expected {
  readonly compat: string | null;
  readonly hello: Told;
  readonly counts: Told;
  readonly configShape: Told;
  readonly configMany: Told;
  readonly noCommand: Told;
  readonly noChannel: Told;
  readonly dryRun: Told;
  readonly noAuth: Told;
  readonly userLine: Told;
  readonly aclLogFields: number;
  readonly clientLineEnd: RegExp;
  readonly killByAge: Told;
  readonly setInfo: Told;
  readonly infoHead: RegExp;
  readonly getKeys: Told;
  readonly helpWord: Told;
  readonly rebootDirective: Told;
  readonly pushFirst: boolean;
  readonly fatal: string;
  readonly coordinated: Told;
  readonly totalTilt: boolean;
}

const REDIS_8: Expected = {
  compat: null,
  hello: '[server,redis,version,8.0.6,proto,2,id,N,mode,sentinel,modules,[]]',
  counts: '15/73',
  configShape:
    'ERR Only SENTINEL CONFIG GET <param> [<param> <param> ...] / SET <param> <value> ' +
    '[<param> <value> ...] are supported.',
  configMany: '[announce-ip,,announce-port,0]',
  noCommand: "NOPERM User limited has no permissions to run the 'info' command",
  noChannel: 'NOPERM No permissions to access a channel',
  dryRun: "User limited has no permissions to run the 'info' command",
  noAuth:
    'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO ' +
    '<proto> AUTH <user> <pass> option can be used to authenticate the client and select the ' +
    'RESP protocol version at the same time',
  userLine: 'user default on nopass sanitize-payload ~* &* +@all',
  aclLogFields: 20,
  clientLineEnd: / watch=0 .* resp=2 lib-name=probe lib-ver=1 io-thread=0$/,
  killByAge: '0',
  setInfo: 'OK',
  infoHead: /^# Server\r\nredis_version:8\.0\.6\r\nredis_git_sha1:/,
  getKeys: 'ERR The command has no key arguments',
  helpWord: 'CKQUORUM <master-name>',
  rebootDirective: 'sentinel master-reboot-down-after-period m 5',
  pushFirst: false,
  fatal: '*** FATAL CONFIG FILE ERROR (Redis 8.0.6) ***',
  coordinated: "ERR wrong number of arguments for 'sentinel|failover' command",
  totalTilt: false,
};

const valkeyHead = (version: string) =>
  new RegExp(
    '^# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\n' +
      `valkey_version:${version}\r\nvalkey_release_stage:ga\r\nredis_git_sha1:`,
  );

const VALKEY_8: Expected = {
  ...REDIS_8,
  compat: 'valkey-8',
  hello: '[server,valkey,version,8.1.1,proto,2,id,N,mode,sentinel,modules,[]]',
  counts: '15/77',
  clientLineEnd:
    / watch=0 .* resp=2 lib-name=probe lib-ver=1 tot-net-in=\d+ tot-net-out=\d+ tot-cmds=\d+$/,
  infoHead: valkeyHead('8.1.1'),
  helpWord: 'CKQUORUM <primary-name>',
  rebootDirective: 'sentinel primary-reboot-down-after-period m 5',
  fatal: '*** FATAL CONFIG FILE ERROR (Version 8.1.1) ***',
};

const LINES: Readonly<Record<string, Expected>> = {
  'redis-8, which is the default': REDIS_8,
  'redis-8': { ...REDIS_8, compat: 'redis-8' },
  'redis-7.0': {
    ...REDIS_8,
    compat: 'redis-7.0',
    hello: '[server,redis,version,7.0.15,proto,2,id,N,mode,sentinel,modules,[]]',
    counts: '15/72',
    configShape: 'ERR Only SENTINEL CONFIG GET <option> / SET <option> <value> are supported.',
    configMany: 'ERR Only SENTINEL CONFIG GET <option> / SET <option> <value> are supported.',
    noCommand: "NOPERM this user has no permissions to run the 'info' command",
    noChannel:
      'NOPERM this user has no permissions to access one of the channels used as arguments',
    dryRun: "This user has no permissions to run the 'info' command",
    noAuth: REDIS_8.noAuth.replace('<proto> ', ''),
    userLine: 'user default on nopass ~* &* +@all',
    aclLogFields: 14,
    clientLineEnd: / resp=2$/,
    killByAge: 'ERR syntax error',
    setInfo: "ERR unknown subcommand 'SETINFO'. Try CLIENT HELP.",
    infoHead: /^# Server\r\nredis_version:7\.0\.15\r\nredis_git_sha1:/,
    getKeys: "ERR wrong number of arguments for 'command|getkeys' command",
    pushFirst: true,
    fatal: '*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***',
  },
  'valkey-8': VALKEY_8,
  'valkey-9': {
    ...VALKEY_8,
    compat: 'valkey-9',
    hello: VALKEY_8.hello.replace('8.1.1', '9.1.2'),
    infoHead: valkeyHead('9.1.2'),
    userLine: 'user default on nopass ~* &* +@all',
    fatal: '*** FATAL CONFIG FILE ERROR (Version 9.1.2) ***',
    coordinated: 'NOGOODPRIMARY Primary does not support FAILOVER command',
    totalTilt: true,
  },
};

function told(answer: unknown): Told {
  if (answer instanceof Error) return answer.message;
  return Array.isArray(answer) ? `[${answer.map(told).join(',')}]` : String(answer);
}

describe.each(Object.entries(LINES))('the line %s', (_, expected) => {
  let sentinel: Sentinel;
  let wire: Wire;
  const ask = async (...words: string[]) => told(await wire.ask(...words));

  beforeAll(async () => {
    sentinel = await Sentinel.start({
      kind: 'ours',
      lines: [
        'sentinel monitor m 127.0.0.1 1 1',
        'sentinel primary-reboot-down-after-period m 5',
        'user limited on nopass resetchannels -@all +subscribe',
        ...(expected.compat === null ? [] : [`compat ${expected.compat}`]),
      ],
    });
    wire = await sentinel.open();
  });

  afterAll(async () => {
    wire?.close();
    await sentinel?.dispose();
  });

  it('says who it is', async () => {
    expect((await ask('HELLO')).replace(/id,\d+/, 'id,N')).toBe(expected.hello);
    expect(await ask('INFO', 'server')).toMatch(expected.infoHead);
    expect(await ask('SENTINEL', 'HELP')).toContain(expected.helpWord);
  });

  it('counts its commands', async () => {
    const list = (await wire.call('COMMAND', 'LIST')) as unknown[];
    expect(`${await ask('COMMAND', 'COUNT')}/${list.length}`).toBe(expected.counts);
  });

  it('takes one or many variables', async () => {
    expect(await ask('SENTINEL', 'CONFIG', 'SET', 'announce-ip')).toBe(expected.configShape);
    expect(await ask('SENTINEL', 'CONFIG', 'GET', 'announce-ip', 'announce-port')).toBe(
      expected.configMany,
    );
  });

  it('sets all of many variables or none', async () => {
    if (expected.compat === 'redis-7.0') return;
    const set = (...words: string[]) => ask('SENTINEL', 'CONFIG', 'SET', ...words);
    const get = (...words: string[]) => ask('SENTINEL', 'CONFIG', 'GET', ...words);
    const twice = ['announce-ip', '10.0.0.1', 'ANNOUNCE-IP', '10.0.0.2'];
    expect(await set(...twice)).toMatch(/^ERR Duplicate argument 'announce-ip'/i);
    const short = ['announce-ip', '10.0.0.1', 'announce-port'];
    expect(await set(...short)).toBe("ERR Missing argument 'announce-port' value");
    expect(await set('announce-ip', '10.0.0.1', 'announce-port', 'x')).toMatch(
      /^ERR Invalid value/,
    );
    expect(await set('announce-ip', '10.0.0.1', 'nope', 'x')).toMatch(/^ERR Invalid argument/);
    expect(await get('announce-[ip]*')).toBe('[announce-ip,,announce-port,0]');
    expect(await set('announce-port', '7', 'resolve-hostnames', 'yes')).toBe('OK');
    expect(await get('announce-p*', 'resolve*', 'announce-port')).toBe(
      '[announce-port,7,resolve-hostnames,yes]',
    );
    expect(await set('announce-port', '0', 'resolve-hostnames', 'no')).toBe('OK');
    expect(await get('*')).toMatch(/,loglevel,notice\]$/);
  });

  it('refuses users in its own words', async () => {
    const other = await sentinel.open();
    await other.call('AUTH', 'limited', 'x');
    expect(told(await other.ask('INFO'))).toBe(expected.noCommand);
    expect(told(await other.ask('SUBSCRIBE', 'x'))).toBe(expected.noChannel);
    other.close();
    expect(await ask('ACL', 'DRYRUN', 'limited', 'info')).toBe(expected.dryRun);
    const [entry] = (await wire.call('ACL', 'LOG')) as unknown[][];
    expect(entry).toHaveLength(expected.aclLogFields);
  });

  it('shows users and clients', async () => {
    expect(await ask('ACL', 'LIST')).toContain(expected.userLine);
    expect(await ask('CLIENT', 'SETINFO', 'lib-name', 'probe')).toBe(expected.setInfo);
    await ask('CLIENT', 'SETINFO', 'lib-ver', '1');
    expect((await ask('CLIENT', 'INFO')).trimEnd()).toMatch(expected.clientLineEnd);
    expect(await ask('CLIENT', 'KILL', 'MAXAGE', '1000')).toBe(expected.killByAge);
    expect(await ask('COMMAND', 'GETKEYS', 'ping')).toBe(expected.getKeys);
  });

  it('sends a reply before or after the event it causes', async () => {
    const other = await sentinel.open();
    await other.call('HELLO', '3');
    await other.call('SUBSCRIBE', '+set');
    other.record();
    void other.ask('SENTINEL', 'SET', 'm', 'quorum', '1').catch(() => {});
    await expect
      .poll(() => other.received.includes('+OK\r\n') && other.received.includes('+set'))
      .toBe(true);
    const pushFirst = other.received.indexOf('>3') < other.received.indexOf('+OK');
    other.close();
    expect(pushFirst).toBe(expected.pushFirst);
  });

  it('writes its own word for the time a rebooted master is left alone', async () => {
    await ask('SENTINEL', 'FLUSHCONFIG');
    expect(sentinel.configText()).toContain(`\n${expected.rebootDirective}\n`);
    expect(sentinel.configText().match(/reboot-down-after-period/g)).toHaveLength(1);
    expect(sentinel.configText()).toContain(`\n${expected.userLine}\n`);
  });

  it('understands the names that Valkey added', async () => {
    expect(await ask('SENTINEL', 'GET-PRIMARY-ADDR-BY-NAME', 'm')).toBe('[127.0.0.1,1]');
    expect(await ask('SENTINEL', 'PRIMARY', 'm')).toContain('[name,m,');
  });

  it('knows a fourth word of FAILOVER, or none', async () => {
    expect(await ask('SENTINEL', 'FAILOVER', 'm', 'COORDINATED')).toBe(expected.coordinated);
    const help = await ask('SENTINEL', 'HELP');
    expect(help.includes('[COORDINATED]')).toBe(expected.compat === 'valkey-9');
  });

  it('counts how often it was in TILT, or not', async () => {
    const info = await ask('INFO', 'sentinel');
    expect(info.includes('sentinel_total_tilt:0')).toBe(expected.totalTilt);
  });

  it('names a client that has not logged in the way', async () => {
    await ask('ACL', 'SETUSER', 'default', 'resetpass', '>pw');
    const other = await Wire.open({ port: sentinel.port });
    expect(told(await other.ask('HELLO', '3'))).toBe(expected.noAuth);
    other.close();
    await ask('ACL', 'SETUSER', 'default', 'nopass');
  });

  it('reports a broken file', async () => {
    const broken = await Sentinel.prepare({
      kind: 'ours',
      lines: [...(expected.compat === null ? [] : [`compat ${expected.compat}`]), 'nonsense yes'],
    });
    await expect(broken.restart()).rejects.toThrow(expected.fatal);
    await broken.dispose();
  });
});
