import { describe, expect, it } from 'vitest';
import type { Effect, Input, Output } from '../../../src/core/index.ts';
import { digestOf, Tape } from '../../../src/flight/tape.ts';

const send = (token: number, ...argv: string[]): Effect => ({
  ...{ type: 'send', connection: 3, token, argv },
});
const turn = (...effects: Effect[]): Output => ({ save: null, effects, wakeAt: 1234.5 });

const reply = (reply: Extract<Input, { type: 'reply' }>['reply']): Input => ({
  ...{ type: 'reply', connection: 7, token: 2 ** 40, reply },
});

const routine: Input[] = [
  { type: 'tick' },
  { type: 'message', connection: 2 ** 31, payload: `caf\xe9\x00${'x'.repeat(100)}` },
  reply({ kind: 'text', text: 'PONG' }),
  reply({ kind: 'text', text: '' }),
  reply({ kind: 'error', text: 'LOADING a long text of an error \xff' }),
  reply({ kind: 'integer', value: 17 }),
  { type: 'command', request: 2 ** 33, argv: ['publish', '__sentinel__:hello', 'x'.repeat(90)] },
];

describe('the tape', () => {
  it('gives back every routine turn as it was, in its place among the others', () => {
    const tape = new Tape(10_000);
    const effects = [send(1, 'PING'), send(2, 'PUBLISH', '__sentinel__:hello', 'x,y')];
    const expected: unknown[] = [];
    for (const [index, input] of routine.entries()) {
      expect(tape.routine(index + 0.25, input, turn(...effects))).toBe(true);
      const outcome = { digest: digestOf(effects), wakeAt: 1234.5 };
      expected.push({ at: index + 0.25, input, executable: [], outcome });
      const other = { at: index, input: { type: 'start' }, executable: [true], outcome: turn() };
      expect(tape.aside(other as never)).toBe(true);
      expected.push(other);
    }
    expect([...tape.entries()]).toEqual(expected);
    expect(tape.turns).toBe(expected.length);
  });

  it('takes nothing for routine that saves, answers or announces, nor inputs that are rare', () => {
    const tape = new Tape(10_000);
    const event: Effect = { type: 'event', level: 'notice', name: '+x', payload: 'y' };
    const tick: Input = { type: 'tick' };
    expect(tape.routine(1, tick, turn(event))).toBe(false);
    expect(tape.routine(1, tick, { ...turn(), save: 4 })).toBe(false);
    expect(tape.routine(1, { type: 'saved', version: 1, ok: true }, turn())).toBe(false);
    expect(tape.routine(1, reply({ kind: 'integer', value: 5n }), turn())).toBe(false);
    expect(tape.routine(1, reply({ kind: 'integer', value: -5 }), turn())).toBe(false);
    expect(tape.routine(1, reply({ kind: 'null' }), turn())).toBe(false);
    const argv = ['sentinel', 'masters'];
    expect(tape.routine(1, { type: 'command', request: 1, argv }, turn())).toBe(false);
    expect(tape.used).toBe(0);
  });

  it('refuses what it has no room for, and stays as it is', () => {
    const tape = new Tape(60);
    const long = reply({ kind: 'text', text: 'x'.repeat(100) });
    expect(tape.routine(1, long, turn())).toBe(false);
    expect(tape.routine(1, { type: 'tick' }, turn())).toBe(true);
    expect(tape.routine(2, { type: 'tick' }, turn())).toBe(false);
    expect([...tape.entries()].length).toBe(1);
  });

  it('digests whatever is said: to whom, in which order, and how it reads', () => {
    const all = [
      [send(1, 'PING')],
      [send(2, 'PING')],
      [{ ...send(1, 'PING'), connection: 4 } as Effect],
      [{ ...send(1, 'PING'), unfenced: true } as Effect],
      [send(1, 'PIN', 'G')],
      [send(1, 'PING'), send(1, 'INFO')],
      [send(1, 'INFO'), send(1, 'PING')],
    ];
    expect(new Set(all.map(digestOf)).size).toBe(all.length);
  });
});
