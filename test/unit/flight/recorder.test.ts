import { describe, expect, it } from 'vitest';
import { BrokenInvariant, DIALECTS } from '../../../src/core/index.ts';
import {
  linesOf,
  parseRecording,
  Recorder,
  type Recording,
  replay,
  withoutSecrets,
} from '../../../src/flight/index.ts';
import { readyGroup } from '../../support/world.ts';

const seeds = Array.from({ length: 12 }, (_, i) => i + 1);
const large = { bytes: 1e9, turns: 1e9, clock: () => 0 };

/** Everything a file would hold, without its secrets. */
function written(recorder: Recorder): string {
  const { compat, ...rest } = recorder.recording();
  const header = {
    ...{ format: 1 as const, version: '0', node: 'v0', pid: 1, compat },
    ...{ written: '2026-01-01T00:00:00.000Z', writtenAt: 0, reason: 'a test' },
  };
  return [...linesOf(withoutSecrets({ header, ...rest }))].join('\n');
}

function play(recording: Recording): { turns: number; differences: string[] } {
  const differences: string[] = [];
  let turns = 0;
  for (const { entry, outcome, same } of replay(recording)) {
    turns += 1;
    if (!same) differences.push(JSON.stringify([entry, outcome], (_, v) => `${v}`));
  }
  return { turns, differences };
}

/** A failover and what operators do meanwhile. */
function eventful(seed: number, record = large) {
  const { world, servers, sentinels } = readyGroup({ seed, record });
  servers[0]!.kill();
  world.until('switched', () => sentinels.every((s) => s.masterPort() !== 1), 20000);
  servers[0]!.restart();
  world.run(world.random() * 3000);
  sentinels[0]!.ask(['sentinel', 'masters']);
  sentinels[0]!.ask(['sentinel', 'config', 'get', '*']);
  sentinels[1]!.ask(['sentinel', 'failover', 'mymaster']);
  sentinels[2]!.ask(['sentinel', 'reset', '*']);
  world.run(3000);
  return { world, sentinels };
}

describe('a recording', () => {
  it('of a failover, read from its text, decides the same in every turn, whatever the seed', () => {
    for (const seed of seeds) {
      for (const { recorder } of eventful(seed).sentinels) {
        const recording = parseRecording(written(recorder!));
        const { turns, differences } = play(recording);
        expect(differences).toEqual([]);
        expect(turns).toBe(recording.entries.length);
        expect(turns).toBeGreaterThan(200);
      }
    }
  });

  it('that begins in the middle of things decides the same too', () => {
    for (const seed of seeds) {
      const turns = 20 + 13 * seed;
      const record = { bytes: 1e9, turns, clock: () => 0 };
      for (const { recorder } of eventful(seed, record).sentinels) {
        const recording = parseRecording(written(recorder!));
        expect(recording.entries.length).toBeLessThanOrEqual(turns + 1);
        expect(recording.entries.length).toBeGreaterThanOrEqual(turns / 2 - 1);
        expect(play(recording).differences).toEqual([]);
      }
    }
  });

  it('that begins within a failover decides the same too', () => {
    for (const seed of seeds) {
      const { world, servers, sentinels } = readyGroup({ seed });
      servers[0]!.kill();
      const leading = () => sentinels.find((s) => s.group().failover !== null);
      world.until('a failover', () => leading() !== undefined);
      world.run(world.random() * 6);
      for (const one of sentinels) one.recorder = new Recorder(one.state, large);
      world.until('switched', () => sentinels.every((s) => s.masterPort() !== 1), 20000);
      world.run(1000);
      for (const { recorder } of sentinels) {
        const { differences, turns } = play(parseRecording(written(recorder!)));
        expect(differences).toEqual([]);
        expect(turns).toBeGreaterThan(20);
      }
    }
  });

  it('is bounded by bytes as well', () => {
    const record = { bytes: 50_000, turns: 1e9, clock: () => 0 };
    const { recorder } = eventful(3, record).sentinels[0]!;
    const text = written(recorder!);
    expect(recorder!.recording().entries.length).toBeLessThan(300);
    expect(text.length).toBeLessThan(200_000);
  });

  it('keeps up to twice the room when snapshots are dear, and not more', () => {
    const sizeWith = (clock: () => number) => {
      const { recorder } = eventful(4, { bytes: 1e9, turns: 100, clock }).sentinels[0]!;
      return recorder!.recording().entries.length;
    };
    let now = 0;
    // A second passes with each look at the clock: a snapshot is never paid for.
    const slow = () => {
      now += 1000;
      return now;
    };
    expect(sizeWith(() => 0)).toBeLessThanOrEqual(101);
    expect(sizeWith(slow)).toBeGreaterThan(101);
    expect(sizeWith(slow)).toBeLessThanOrEqual(202);
  });

  it('shows a decision that is not the recorded one', () => {
    const recording = parseRecording(written(eventful(5).sentinels[0]!.recorder!));
    recording.snapshot.groups.get('mymaster')!.quorum = 1;
    expect(play(recording).differences.length).toBeGreaterThan(0);
  });

  it('ends with the error of a failed assertion, and so does its replay', () => {
    const { world, sentinels } = readyGroup({ seed: 6, record: { ...large, turns: 300 } });
    const [sentinel] = sentinels;
    const { state } = sentinel!;
    world.run(100);
    // A bug of ours, as a replay can meet it again: the state of the recording holds it as well.
    state.currentEpoch += 5n;
    const record = { ...large, turns: 300 };
    const broken = new Recorder(state, record);
    expect(() => broken.step({ type: 'tick' }, world.now)).toThrow(BrokenInvariant);
    const recording = parseRecording(written(broken));
    expect(recording.entries.at(-1)!.outcome).toMatchObject({
      error: 'BrokenInvariant: epoch 5 is not being saved',
    });
    expect(play(recording).differences).toEqual([]);
  });

  it('remembers what the file system answered', () => {
    for (const answer of [true, false]) {
      const { world, sentinels } = readyGroup({ seed: 7, record: large });
      const [sentinel] = sentinels;
      const { recorder, state } = sentinel!;
      Object.assign(state.surroundings, {
        isExecutable: () => recorder!.noteExecutable(answer),
      });
      state.denyScriptsReconfig = false;
      const replies: string[] = [];
      sentinel!.ask(['sentinel', 'set', 'mymaster', 'notification-script', '/x'], (reply) => {
        replies.push(reply.kind);
      });
      world.run(50);
      expect(replies).toEqual([answer ? 'simple' : 'error']);
      const recording = parseRecording(written(recorder!));
      expect(recording.entries.flatMap(({ executable }) => executable)).toEqual([answer]);
      // The state it began with denied scripts.
      recording.snapshot.denyScriptsReconfig = false;
      expect(play(recording).differences).toEqual([]);
    }
  });

  it('names the line of servers it was made with', () => {
    const { recorder, state } = readyGroup({ record: large }).sentinels[0]!;
    expect(DIALECTS[recorder!.recording().compat]).toBe(state.surroundings.dialect);
  });
});
