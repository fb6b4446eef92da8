import { describe, expect, it } from 'vitest';
import {
  blankConfig,
  blankGroup,
  createState,
  type Effect,
  type Input,
  LIMITS,
  type SentinelConfig,
} from '../../../src/core/index.ts';
import {
  linesOf,
  parseRecording,
  Recorder,
  replay,
  withoutSecrets,
} from '../../../src/flight/index.ts';
import { surroundings } from '../../support/plain.ts';

const secrets = ['s3cret-redis', 's3cret-peers', 's3cret-own', 's3cret-new', 's3cret-\x02ctl'];

const group = (name: string, port: number, authPass: string | null) => ({
  ...blankGroup({ name, host: '127.0.0.1', port, quorum: 1 }),
  ...{ downAfter: 1000, failoverTimeout: 60000, authPass, authUser: 'watcher' },
  sentinels: [{ host: '127.0.0.1', port: 7, id: 'b'.repeat(40) }],
  renames: [{ command: 'auth', renamed: 'LOGIN' }],
});

const config = (sentinelPass: string | null): SentinelConfig => ({
  ...blankConfig(),
  ...{ myId: 'a'.repeat(40), sentinelPass },
  // One password twice: equal secrets stay equal.
  groups: [group('one', 1, 's3cret-redis'), group('two', 2, 's3cret-redis')],
});

const secured = surroundings({ requirepass: 's3cret-own', seed: 's3cret-seed' });

/**
 * A Sentinel whose connections open, whose servers refuse logins with these words, and whose
 * clients send these commands.
 */
function run(commands: string[][], sentinelPass: string | null = 's3cret-peers', refusal = '') {
  const state = createState(config(sentinelPass), secured, 0);
  const recorder = new Recorder(state, { bytes: 1e9, clock: () => 0 });
  const effects: Effect[] = [];
  let now = 0;
  const give = (input: Input) => {
    now += 5;
    const turn = recorder.step(input, now);
    effects.push(...turn.effects);
    for (const effect of turn.effects) {
      if (effect.type === 'connect') {
        give({ type: 'connected', connection: effect.connection, localAddress: '127.0.0.1' });
      }
      if (refusal === '' || effect.type !== 'send') continue;
      if (effect.argv[0] !== 'LOGIN' && effect.argv[0] !== 'AUTH') continue;
      const { connection, token, argv } = effect;
      const text = refusal.replace('PASSWORD', argv.at(-1)!);
      give({ type: 'reply', connection, token, reply: { kind: 'error', text } });
    }
    if (turn.save !== null) give({ type: 'saved', version: turn.save, ok: true });
  };
  give({ type: 'start' });
  for (const [index, argv] of commands.entries()) {
    const words = argv[0] === 'publish' ? argv : ['sentinel', ...argv];
    give({ type: 'command', request: index + 1, argv: words });
    give({ type: 'tick' });
  }
  const { compat, ...rest } = recorder.recording();
  const header = {
    ...{ format: 1 as const, version: '0', node: 'v0', pid: 1, compat },
    ...{ written: '2026-01-01T00:00:00.000Z', writtenAt: now, reason: 'a test' },
  };
  const text = [...linesOf(withoutSecrets({ header, ...rest }))].join('\n');
  return { effects, recording: parseRecording(text), text };
}

const commands = [
  ['set', 'one', 'auth-pass', 's3cret-new'],
  ['set', 'one', 'quorum', '2', 'AUTH-PASS', 's3cret-\x02ctl', 'auth-user', 'other'],
  ['set', 'one', 'rename-command', 'AUTH', 'ENTER', 'auth-pass', 's3cret-new'],
  ['set', 'one', 'rename-command', 'auth-pass', 'x', 'auth-pass', 's3cret-new'],
  ['set', 'two', 'auth-pass', ''],
  ['set', 'two', 'auth-pas', 's3cret-new'],
  ['set', 'two', 'auth-pas', 's3cret-\x02ctl'],
  ['set', 'nobody', 'auth-pass', 's3cret-new'],
  ['config', 'get', '*'],
  ['config', 'set', 'sentinel-pass', 's3cret-new'],
  ['config', 'set', 'announce-port', '7', 'Sentinel-Pass', 's3cret-\x02ctl'],
  ['config', 'get', 'sentinel-*'],
  ['master', 'one'],
];

/** Requests with a mistake in them, and a secret somewhere behind it. */
const mistakes = [
  ['config', 'set', 'sentinel-passs', 's3cret-new'],
  ['config', 'set', 's3cret-new', 'sentinel-pass'],
  ['config', 'set', 'sentinel-pass', 's3cret-new', 's3cret-new'],
  ['config', 'set', 'sentinel-pass', 's3cret-\x02ctl', 'sentinel-pass', 's3cret-new'],
  ['config', 'set', 'announce-port', 's3cret-new'],
  ['config', 'set', 'announce-port', 's3cret-\x02ctl'],
  ['config', 'set', 'announce-ip', 's3cret-\x02ctl'],
  ['config', 'set', 'resolve-hostnames', 's3cret-new', 'sentinel-pass', 's3cret-new'],
  ['config', 'set', 'loglevel', 's3cret-new'],
  ['config', 'sett', 'sentinel-pass', 's3cret-new'],
  ['config', 's3cret-new', 'sentinel-pass'],
  ['config', 'get', 'sentinel-pass', 's3cret-new'],
  ['set', 'one', 'auth-passs', 's3cret-new'],
  ['set', 'one', 's3cret-new', 'auth-pass'],
  ['set', 'one', 'auth-pass', 's3cret-new', 's3cret-new'],
  ['set', 'one', 'auth-pass', 's3cret-new', 's3cret-\x02ctl', 'more'],
  ['set', 'one', 'auth-pass', 'quorum', 'quorum'],
  ['set', 'one', 'quorum', 'quorum'],
  ['set', 'one', 'quorum', 's3cret-new'],
  ['set', 'one', 'rename-command', 'AUTH'],
  ['set', 's3cret-new', 'auth-pass', 'one'],
  ['set', 's3cret-\x02ctl', 'auth-pass', 'one'],
  ['debug', 'sentinel-pass', 's3cret-new'],
  ['debug', 's3cret-new', '5'],
  ['debug', 'ping-period', 's3cret-new'],
  ['simulate-failure', 's3cret-new', 'help'],
  ['foo', 's3cret-new'],
  ['s3cret-new'],
  ['publish', 's3cret-new', 's3cret-new'],
  ['publish', '__sentinel__:hello', 'nonsense'],
];

describe('the text of a recording', () => {
  const named = mistakes.map((words) => ({ words, title: JSON.stringify(words.join(' ')) }));

  it.each(named)('holds nothing of what is behind a mistake: $title', ({ words: command }) => {
    const { recording, text } = run([command, ['config', 'get', '*'], ['master', 'one']]);
    expect(text).not.toContain('s3cret');
    expect([...replay(recording)].filter(({ same }) => !same)).toEqual([]);
  });

  it('holds no password that a server repeats when it refuses it', () => {
    for (const refusal of ["WRONGPASS not 'PASSWORD', but PASSWORD?", 'PASSWORD', 'ERR PASSWORD']) {
      const { effects, recording, text } = run(commands, 's3cret-peers', refusal);
      const refused = effects.some((one) => one.type === 'event' && one.name === '-auth-error');
      expect(refused).toBe(true);
      expect(text).not.toContain('s3cret');
      expect([...replay(recording)].filter(({ same }) => !same)).toEqual([]);
    }
  });

  it('keeps words short that were short enough, and long ones too long', () => {
    const long = 's3cret'.repeat(5000);
    const { recording, text } = run([
      ['set', 'one', 'auth-pass', long],
      ['master', 'one'],
    ]);
    expect(text).not.toContain('s3cret');
    expect(text.length).toBeGreaterThan(LIMITS.valueBytes);
    expect([...replay(recording)].filter(({ same }) => !same)).toEqual([]);
  });

  it('holds no password, though the inputs and effects did', () => {
    const { effects, text } = run(commands);
    const raw = JSON.stringify(effects, (_, one) => (typeof one === 'bigint' ? `${one}` : one));
    for (const secret of ['s3cret-redis', 's3cret-peers', 's3cret-new']) {
      expect(raw).toContain(secret);
    }
    expect(run(commands, null).effects).toContainEqual(
      expect.objectContaining({ argv: ['AUTH', 's3cret-own'] }),
    );
    for (const one of [text, run(commands, null).text]) {
      expect(one).not.toContain('s3cret');
      for (const secret of secrets) expect(one).not.toContain(JSON.stringify(secret).slice(1, -1));
      expect(one).toContain('(secret 1)');
      expect(one).toContain('LOGIN');
    }
  });

  it('decides the same as with the passwords', () => {
    for (const sentinelPass of ['s3cret-peers', '', null]) {
      const { recording } = run(commands, sentinelPass);
      const played = [...replay(recording)];
      expect(played.length).toBe(recording.entries.length);
      expect(played.filter(({ same }) => !same).map(({ entry }) => entry)).toEqual([]);
    }
  });

  it('leaves innocent words alone that are also a password', () => {
    const { recording } = run([
      ['set', 'one', 'auth-pass', 'yes'],
      ['config', 'get', '*'],
      ['set', 'two', 'auth-pass', 'one'],
    ]);
    expect(recording.snapshot.groups.has('one')).toBe(true);
    expect([...replay(recording)].every(({ same }) => same)).toBe(true);
  });
});
