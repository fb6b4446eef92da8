/** Error replies: said, but never without end. */
import { describe, expect, it } from 'vitest';
import { refused, refuses } from '../../../../src/core/members/refusal.ts';
import type { Turn } from '../../../../src/core/model/turn.ts';
import { readyGroup } from '../../../support/world.ts';

describe('a server that refuses', () => {
  function server() {
    const { state } = readyGroup().sentinels[0]!;
    const { master } = state.groups.get('mymaster')!;
    const effects: { name?: string }[] = [];
    const at = (now: number) => ({ state, now, effects }) as unknown as Turn;
    return { master, at, said: () => effects.length };
  }

  it('in the same way again and again is said once', () => {
    const { master, at, said } = server();
    for (let now = 0; now < 200_000; now += 1000) {
      refused(at(now), master, 'INFO', 'NOPERM no');
    }
    expect(said()).toBe(1);
    expect(refuses(master, 'INFO', 'NOPERM')).toBe(true);
  });

  it('with a new word each time is said a few times a minute', () => {
    const { master, at, said } = server();
    for (let i = 0; i < 600; i += 1) {
      const word = `E${String.fromCharCode(65 + (i % 26), 65 + (Math.floor(i / 26) % 26))}`;
      refused(at(i * 100), master, 'INFO', `${word} no`);
    }
    expect(said()).toBeLessThanOrEqual(4);
    expect(refuses(master, 'INFO')).toBe(true);
  });
});
