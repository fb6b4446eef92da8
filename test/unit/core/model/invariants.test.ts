import { describe, expect, it } from 'vitest';
import { BrokenInvariant, step } from '../../../../src/core/index.ts';
import { readyGroup, type VirtualSentinel } from '../../../support/world.ts';

const breaches: [what: string, spoil: (one: VirtualSentinel) => void, message: RegExp][] = [
  ['an epoch that goes back', (one) => raise(one, -1n), /current epoch went/],
  ['an epoch nobody saves', (one) => raise(one, 1n), /not being saved/],
  [
    'a vote that goes back',
    (one) => Object.assign(one.group().vote, { epoch: 0n }),
    /vote went back/,
  ],
  ['a vote nobody saves', (one) => voteAgain(one), /vote in epoch \d+ is not being saved/],
  [
    'a config epoch that goes back',
    (one) => Object.assign(one.group(), { configEpoch: 0n }),
    /went back/,
  ],
  [
    'a config epoch of the future',
    (one) => Object.assign(one.group(), { configEpoch: 99n }),
    /future/,
  ],
  ['a master without a link', (one) => one.group().master.link.owners.clear(), /link/],
  ['a save from nowhere', ({ state }) => Object.assign(state.disk, { saved: 999 }), /was saved/],
];

function raise({ state }: VirtualSentinel, by: bigint): void {
  state.currentEpoch += by;
}

/** The highest epoch, so that only the missing save is wrong. */
function voteAgain(one: VirtualSentinel): void {
  const { state } = one;
  state.currentEpoch += 1n;
  state.floor.epoch += 1n;
  one.group().vote.epoch = state.currentEpoch;
}

describe('after a turn', () => {
  it.each(breaches)('%s is noticed before anything leaves', (_what, spoil, message) => {
    const { world, servers, sentinels } = readyGroup();
    servers[0]!.kill();
    world.until('switched', () => sentinels.every((one) => one.masterPort() !== 1));
    world.run(3000);
    const [sentinel] = sentinels;
    const { state } = sentinel!;
    step(state, { type: 'tick' }, world.now);
    spoil(sentinel!);
    const beat = () => {
      // The group is looked at within a second.
      for (let ms = 1; ms < 1500; ms += 50) step(state, { type: 'tick' }, world.now + ms);
    };
    let error: unknown = null;
    try {
      beat();
    } catch (one) {
      error = one;
    }
    expect(error).toBeInstanceOf(BrokenInvariant);
    expect(String(error)).toMatch(message);
  });
});
