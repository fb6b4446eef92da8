/** Requests that are refused, and lists in the order in which things came (commands.md §10). */
import { describe, expect, it } from 'vitest';
import { blankConfig, createState, type Reply, step } from '../../../src/core/index.ts';
import { LIMITS } from '../../../src/core/model/limits.ts';
import { surroundings } from '../../support/plain.ts';

function sentinel() {
  const state = createState({ ...blankConfig(), myId: 'a'.repeat(40) }, surroundings({}), 0);
  let now = 0;
  const call = (...argv: string[]): Reply => {
    const replies: Reply[] = [];
    const turn = step(state, { type: 'command', request: 1, argv: ['sentinel', ...argv] }, ++now);
    const more =
      turn.save === null
        ? []
        : step(state, { type: 'saved', version: turn.save, ok: true }, ++now).effects;
    for (const one of [...turn.effects, ...more])
      if (one.type === 'answer') replies.push(one.reply);
    return replies[0]!;
  };
  return {
    state,
    call,
    error: (...argv: string[]) => {
      const reply = call(...argv);
      return reply.kind === 'error' ? reply.text : reply.kind;
    },
  };
}

const monitor = (name: string) => ['monitor', name, '10.0.0.1', '6379', '2'] as const;

describe('control characters', () => {
  const text = (at: number, what: string) =>
    `ERR Invalid argument at index ${at} for SENTINEL ${what}: ` +
    'control characters are not allowed (argument must not contain control characters)';

  it('are refused in names, scripts and renamed commands, and change nothing', () => {
    const { state, call, error } = sentinel();
    expect(error(...monitor('a\nb'))).toBe(text(2, 'MONITOR'));
    call(...monitor('m'));
    expect(error('set', 'm', 'rename-command', 'PING', 'x\ty')).toBe(text(5, 'SET'));
    expect(error('config', 'set', 'announce-ip', '1\r\n')).toMatch(/^ERR Invalid value/);
    expect([...state.groups.keys()]).toEqual(['m']);
    expect(state.groups.get('m')!.renames).toEqual([]);
  });

  it('are taken in passwords and users, which are quoted in the file', () => {
    const { state, call, error } = sentinel();
    call(...monitor('m'));
    expect(error('set', 'm', 'auth-pass', 'a\nb', 'auth-user', 'c\td')).toBe('simple');
    expect(state.groups.get('m')).toMatchObject({ authPass: 'a\nb', authUser: 'c\td' });
  });
});

describe('lists', () => {
  it('are in the order in which groups were configured', () => {
    const { call } = sentinel();
    const names = ['zoe', 'adam', 'mia', 'bob', 'x1', 'x10', 'x2'];
    for (const name of names) call(...monitor(name));
    const reply = call('masters');
    const shown = (reply.kind === 'array' ? reply.items : []).map((one) => {
      const name = one.kind === 'map' ? one.entries[0]![1] : null;
      return name?.kind === 'bulk' ? name.text : null;
    });
    expect(shown).toEqual(names);
  });
});

describe('a request of SENTINEL', () => {
  it('about more groups than there may be, or with a longer name, is refused', () => {
    const { state, call, error } = sentinel();
    expect(error(...monitor('n'.repeat(LIMITS.groupNameBytes + 1)))).toBe(
      'ERR Invalid master name: longer than 512 bytes',
    );
    call(...monitor('n'.repeat(LIMITS.groupNameBytes)));
    const [one] = state.groups.values();
    for (let i = 1; i < LIMITS.groups; i += 1) state.groups.set(String(i), one!);
    expect(error(...monitor('more'))).toBe('ERR Too many masters (at most 10000)');
  });

  it('hold for the text of all groups together, which every save writes', () => {
    const { state, call, error } = sentinel();
    for (let i = 0; i * 2 * LIMITS.valueBytes < LIMITS.groupsBytes; i++) {
      call(...monitor(`m${i}`));
      const word = 'p'.repeat(LIMITS.valueBytes);
      const said = error('set', `m${i}`, 'auth-pass', word, 'auth-user', word);
      if (said === 'simple') continue;
      expect(said).toBe('ERR Too much text in the options of all masters (at most 4194304 bytes)');
    }
    expect(state.groupsBytes).toBeLessThanOrEqual(LIMITS.groupsBytes);
    expect(state.groupsBytes).toBeGreaterThan(LIMITS.groupsBytes - 3 * LIMITS.valueBytes);
    expect(error('set', 'm0', 'quorum', '3')).toBe('simple');
    expect(error('set', 'm0', 'auth-pass', '', 'auth-user', '')).toBe('simple');
    expect(error('set', 'm0', 'auth-pass', 'p')).toBe('simple');
    for (const name of [...state.groups.keys()]) call('remove', name);
    expect(state.groupsBytes).toBe(0);
  });

  it('hold for renamed commands, and for what RESET has to compare', () => {
    const { call, error } = sentinel();
    call(...monitor('m'));
    expect(error('set', 'm', 'rename-command', 'GET', 'x'.repeat(LIMITS.renameBytes + 1))).toBe(
      "ERR Command name too long for SENTINEL SET 'rename-command' (at most 512 bytes)",
    );
    for (let i = 0; i < 100; i++) call(...monitor(String(i).padStart(LIMITS.groupNameBytes, 'n')));
    expect(error('reset', `*${'[a-z]'.repeat(200)}b`)).toMatch(/^ERR Pattern too long for so many/);
    expect(call('reset', '*[a-z]?')).toEqual({ kind: 'integer', value: 10 });
  });

  it('with more options, longer values or more renamed commands than are kept is refused', () => {
    const { call, error } = sentinel();
    call(...monitor('m'));
    const options = Array.from({ length: LIMITS.setOptions + 1 }, () => ['quorum', '2']).flat();
    expect(error('set', 'm', ...options)).toBe(
      'ERR Too many options for SENTINEL SET (at most 1000)',
    );
    expect(error('set', 'm', 'auth-pass', 'p'.repeat(LIMITS.valueBytes + 1))).toBe(
      'ERR Invalid argument at index 4 for SENTINEL SET: longer than 16384 bytes',
    );
    const renames = Array.from({ length: LIMITS.renames + 1 }, (_, i) => [
      ...['rename-command', `c${i}`, 'x'],
    ]).flat();
    expect(error('set', 'm', ...renames)).toBe('ERR Too many renamed commands (at most 256)');
    const patterns = Array.from({ length: LIMITS.names + 1 }, () => '*');
    expect(error('config', 'get', ...patterns)).toBe(
      'ERR Too many names for SENTINEL CONFIG GET (at most 1000)',
    );
    const long = 'x'.repeat(LIMITS.patternBytes + 1);
    for (const words of [['reset'], ['config', 'get']]) {
      expect(error(...words, long)).toBe('ERR Pattern too long (at most 1024 bytes)');
    }
  });
});
