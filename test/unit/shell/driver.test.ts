import { connect, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  blankConfig,
  type Effect,
  type Input,
  type Output,
  type SentinelConfig,
} from '../../../src/core/index.ts';
import { type Core, Driver } from '../../../src/shell/driver.ts';
import { until } from '../../../src/tools/lab/index.ts';

const PING = { type: 'send', connection: 1, token: 1, argv: ['PING'], unfenced: true } as const;

/**
 * A small core: every message is logged as an effect; one that begins with `save` changes the
 * durable state, which is a counter kept in `currentEpoch`; `again` makes the driver's environment
 * give another input while it is carried out.
 */
class CountingCore implements Core {
  readonly steps: string[] = [];
  /** Named by every turn until a tick has come. */
  wakeAt = Number.POSITIVE_INFINITY;
  #version = 0;
  #inside = false;

  step(input: Input): Output {
    expect(this.#inside).toBe(false);
    this.#inside = true;
    const name = input.type === 'message' ? input.payload : input.type;
    this.steps.push(name);
    if (name === 'tick') this.wakeAt = Number.POSITIVE_INFINITY;
    const saves = name.startsWith('save ');
    if (saves) this.#version += 1;
    const text = input.type === 'saved' ? `saved ${input.version} ${input.ok}` : name;
    this.#inside = false;
    return {
      save: saves ? this.#version : null,
      effects: name === 'ping' ? [PING] : [{ type: 'log', level: 'notice', text }],
      wakeAt: this.wakeAt,
    };
  }

  config(): SentinelConfig {
    return { ...blankConfig(), currentEpoch: BigInt(this.#version) };
  }
}

class House {
  readonly core = new CountingCore();
  readonly out: string[] = [];
  /** Saves that have started: what they write, and how to end them. */
  readonly saves: { version: bigint; end: (ok: boolean) => void }[] = [];
  readonly driver = new Driver(this.core, {
    apply: (effect: Effect) => {
      if (effect.type === 'send') this.out.push(effect.argv[0]!);
      if (effect.type !== 'log') return;
      this.out.push(effect.text);
      if (effect.text === 'again') this.say('more');
    },
    save: (config) =>
      new Promise((resolve) => this.saves.push({ version: config.currentEpoch, end: resolve })),
  });

  say(payload: string): void {
    this.driver.input({ type: 'message', connection: 1, payload });
  }

  async saving(count: number): Promise<void> {
    await until(() => this.saves.length >= count, `save ${count} has started`, { everyMs: 1 });
  }
}

let house: House;

function open(): House {
  house = new House();
  return house;
}

afterEach(() => house.driver.stop());

describe("the driver's law", () => {
  it('steps an input at once and carries its effects out in order', () => {
    open().say('a');
    house.say('b');
    expect(house.out).toEqual(['a', 'b']);
  });

  it('lets an input that arrives while a turn runs wait for its turn', () => {
    open().say('again');
    expect(house.core.steps).toEqual(['again', 'more']);
    expect(house.out).toEqual(['again', 'more']);
  });

  it('holds the effects of a saving turn and of all later ones until its save ends', async () => {
    open().say('before');
    house.say('save 1');
    house.say('after');
    expect(house.out).toEqual(['before']);
    await house.saving(1);
    house.say('during');
    expect(house.core.steps).toEqual(['before', 'save 1', 'after', 'during']);
    expect(house.out).toEqual(['before']);
    house.saves[0]?.end(true);
    await until(() => house.out.length > 1, 'the held effects leave');
    expect(house.out).toEqual(['before', 'save 1', 'after', 'during', 'saved 1 true']);
  });

  it('does not let a PING wait for the disk, which would make its silence ours', async () => {
    open();
    house.say('save a');
    house.say('b');
    house.say('ping');
    await house.saving(1);
    expect(house.out).toEqual(['PING']);
    house.saves[0]!.end(true);
    await until(() => house.out.length >= 3, 'the rest is out', { everyMs: 1 });
    expect(house.out.slice(0, 3)).toEqual(['PING', 'save a', 'b']);
  });

  it('covers everything that arrived together with one save', async () => {
    open();
    for (let vote = 1; vote <= 200; vote++) house.say(`save ${vote}`);
    await house.saving(1);
    expect(house.saves.map((save) => save.version)).toEqual([200n]);
    house.saves[0]?.end(true);
    await until(() => house.out.length === 201, 'all effects left');
    expect(house.saves).toHaveLength(1);
    expect(house.out.at(-1)).toBe('saved 200 true');
  });

  it('starts one more save for what changed during one, and holds effects until then', async () => {
    open().say('save 1');
    await house.saving(1);
    house.say('save 2');
    house.say('save 3');
    house.saves[0]?.end(true);
    await house.saving(2);
    expect(house.out).toEqual(['save 1']);
    expect(house.saves[1]?.version).toBe(3n);
    house.saves[1]?.end(true);
    await until(() => house.out.includes('saved 3 true'), 'the rest left');
    expect(house.out).toEqual(['save 1', 'save 2', 'save 3', 'saved 1 true', 'saved 3 true']);
  });

  it('says that a save failed and lets the effects out all the same', async () => {
    open().say('save 1');
    await house.saving(1);
    house.saves[0]?.end(false);
    await until(() => house.out.length === 2, 'the effects left');
    expect(house.out).toEqual(['save 1', 'saved 1 false']);
    house.say('next');
    expect(house.out.at(-1)).toBe('next');
  });

  it('keeps the order of effects, none of which passes its save, whatever happens', async () => {
    const event = fc.constantFrom('plain', 'save', 'end ok', 'end bad', 'loop');
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 30 }), async (events) => {
        open();
        const said: string[] = [];
        for (const [index, what] of events.entries()) {
          if (what === 'loop') await new Promise((resolve) => setImmediate(resolve));
          else if (what.startsWith('end')) house.saves.at(-1)?.end(what === 'end ok');
          else {
            said.push(`${what} ${index}`);
            house.say(`${what} ${index}`);
          }
          const durable = house.saves.length;
          expect(
            house.out.filter((one) => one.startsWith('save ')).length === 0 || durable > 0,
          ).toBe(true);
        }
        await until(
          () => {
            house.saves.at(-1)?.end(true);
            return house.driver.heldTurns === 0;
          },
          'everything left',
          { everyMs: 0 },
        );
        expect(house.out.filter((one) => !one.startsWith('saved'))).toEqual(said);
        house.driver.stop();
      }),
      { numRuns: 50 },
    );
  });

  it('does nothing more after it was stopped', async () => {
    open().say('save 1');
    await house.saving(1);
    house.driver.stop();
    house.say('late');
    house.saves[0]?.end(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(house.out).toEqual([]);
    expect(house.core.steps).toEqual(['save 1']);
  });

  it('looks at the sockets between long rows of inputs', async () => {
    open();
    let immediates = 0;
    const feed = new Driver(
      {
        step: (input) => ({
          save: null,
          effects: input.type === 'message' ? [{ type: 'exit', status: 0 }] : [],
          wakeAt: Number.POSITIVE_INFINITY,
        }),
        config: blankConfig,
      },
      {
        // Every effect brings the next input about: without a bound this would never return.
        apply: () => {
          if (immediates < 3) feed.input({ type: 'message', connection: 1, payload: '' });
        },
        save: () => Promise.resolve(true),
      },
    );
    const count = () => {
      immediates += 1;
      if (immediates < 3) setImmediate(count);
    };
    setImmediate(count);
    feed.input({ type: 'message', connection: 1, payload: '' });
    await until(() => immediates === 3, 'the loop went round');
    feed.stop();
  });
});

describe("the driver's alarm", () => {
  it('never ticks before the instant the core named, and soon after', async () => {
    const late: number[] = [];
    open();
    const driver = new Driver(
      {
        step: (input, now) => {
          if (input.type === 'tick') late.push(now - due);
          due = now + 7.3;
          return { save: null, effects: [], wakeAt: due };
        },
        config: blankConfig,
      },
      { apply: () => {}, save: () => Promise.resolve(true) },
    );
    let due = 0;
    driver.input({ type: 'start' });
    await until(() => late.length >= 40, 'forty ticks came', { everyMs: 1 });
    driver.stop();
    late.sort((a, b) => a - b);
    expect(late[0]).toBeGreaterThanOrEqual(0);
    // A busy machine delays most of them; one of forty shows what the alarm itself adds.
    expect(late[0]).toBeLessThan(2.5);
  });

  it('reads what waits in the sockets before it ticks, after the process was held up', async () => {
    open();
    const peers: Socket[] = [];
    const server = createServer((socket) => peers.push(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const client = connect(port, '127.0.0.1');
    await until(() => peers.length === 1, 'the peer is connected');
    client.on('data', (bytes) => house.say(bytes.toString()));
    for (let round = 1; round <= 5; round++) {
      house.core.steps.length = 0;
      house.core.wakeAt = performance.now() + 20;
      house.say('armed');
      peers[0]?.write('answer');
      // Longer than the alarm: when the loop goes on, timer and socket are both due.
      const heldUpUntil = performance.now() + 40;
      while (performance.now() < heldUpUntil);
      await until(() => house.core.steps.length > 1, 'something happened', { everyMs: 1 });
      await until(() => house.core.steps.length > 2, 'both happened', { everyMs: 1 });
      expect(house.core.steps).toEqual(['armed', 'answer', 'tick']);
    }
    client.destroy();
    server.close();
  });

  it('moves the tick when an input in between moved it', async () => {
    open().core.wakeAt = performance.now() + 10;
    house.say('soon');
    house.core.wakeAt = performance.now() + 60;
    house.say('later');
    const from = performance.now();
    await until(() => house.core.steps.includes('tick'), 'the tick came', { everyMs: 1 });
    expect(performance.now() - from).toBeGreaterThan(49);
  });

  it('ticks at once for an instant in the past', async () => {
    open().core.wakeAt = performance.now() - 1000;
    house.say('late');
    await until(() => house.core.steps.includes('tick'), 'the tick came', { everyMs: 1 });
    expect(house.core.steps).toEqual(['late', 'tick']);
  });
});

describe('a save that hangs', () => {
  class Impatient extends House {
    readonly stalls: boolean[] = [];
    override readonly driver = new Driver(this.core, {
      apply: (effect: Effect) => {
        if (effect.type === 'log') this.out.push(effect.text);
      },
      save: (config) =>
        new Promise((resolve) => this.saves.push({ version: config.currentEpoch, end: resolve })),
      stalled: (now) => this.stalls.push(now),
      patienceMs: 30,
    });
  }

  it('counts as failed after a while, nobody waits for it, and none runs beside it', async () => {
    const impatient = new Impatient();
    house = impatient;
    house.say('save a');
    house.say('b');
    await until(() => house.out.includes('saved 1 false'), 'patience ends', { everyMs: 1 });
    expect(house.out).toEqual(['save a', 'b', 'saved 1 false']);
    expect(impatient.stalls).toEqual([true]);
    house.say('save c');
    house.say('d');
    await until(() => house.out.includes('saved 2 false'), 'the next fails', { everyMs: 1 });
    expect(house.saves.length).toBe(1);
    house.saves[0]!.end(true);
    await until(() => impatient.stalls.length === 2, 'it has ended', { everyMs: 1 });
    house.say('save e');
    await house.saving(2);
    house.saves[1]!.end(true);
    await until(() => house.out.includes('saved 3 true'), 'all is well again', { everyMs: 1 });
    expect(house.out.slice(3)).toEqual(['save c', 'd', 'saved 2 false', 'save e', 'saved 3 true']);
    expect(impatient.stalls).toEqual([true, false]);
  });
});
