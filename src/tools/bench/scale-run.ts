/**
 * One line-up of Sentinels over a whole farm: discovery, the steady state, and many masters down at
 * once.
 */
import { Farm, pause, Sentinel, until } from '../lab/index.ts';
import type { LineUp } from './lineups.ts';
import { type LoopFigures, LoopWatch, together } from './loop-watch.ts';
import { type Latency, Poll } from './poll.ts';
import { usageOf } from './process.ts';
import type { ScalePlan } from './scale-plan.ts';
import { type Summary, summarize } from './stats.ts';

/**
 * All times in ms; CPU in per cent of one core, memory in MB, both the mean of the Sentinels of one
 * kind.
 */
export interface ScaleFigures {
  readonly lineUp: string;
  /** Until every Sentinel knew every replica and peer; null: not within the limit. */
  readonly discovered: number | null;
  readonly steadyCpu: number;
  readonly steadyRss: number;
  readonly steadyLatency: Latency;
  /** The worst event loop among the Sentinels of this project; null where there are none. */
  readonly steadyLoop: LoopFigures | null;
  /** Groups that all Sentinels switched within the limit, of those whose master went down. */
  readonly done: number;
  readonly down: number;
  /**
   * From the death of the masters until the last Sentinel switched, over the groups that failed
   * over.
   */
  readonly switched: Summary | null;
  readonly failoverCpu: number;
  readonly failoverLatency: Latency;
  readonly failoverLoop: LoopFigures | null;
  /** Saves of one Sentinel during the failovers, and what it wrote meanwhile, MB. */
  readonly saves: number;
  readonly writtenMb: number;
  readonly rssAfter: number;
  /** The farm agrees: as many masters up as groups. */
  readonly oneMasterEach: boolean;
}

const GROUP = (index: number) => `group-${index}`;
const SETTLE_MS = 15_000;
const MB = 1024 * 1024;

/** Hears +switch-master of one Sentinel; when each group was switched, ms. */
class Ear {
  readonly switchedAt = new Map<string, number>();

  static async start(sentinel: Sentinel): Promise<Ear> {
    const ear = new Ear();
    const wire = await sentinel.open();
    await wire.subscribe('SUBSCRIBE', ['+switch-master'], (message) => {
      const [name = ''] = String(message[2]).split(' ');
      ear.switchedAt.set(name, performance.now());
    });
    return ear;
  }
}

export async function playScale(plan: ScalePlan, lineUp: LineUp): Promise<ScaleFigures> {
  const farm = await Farm.start({ groups: plan.groups });
  const sentinels: Sentinel[] = [];
  const loops = new Map<Sentinel, LoopWatch>();
  try {
    for (const kind of lineUp.kinds) {
      const loop = new LoopWatch();
      const lines = fileLines(plan, farm);
      const sentinel = await Sentinel.prepare({ kind, lines, env: loop.env });
      sentinels.push(sentinel);
      if (kind === 'ours') loops.set(sentinel, loop);
    }
    return await new Scale(plan, lineUp, farm, sentinels, loops).play();
  } finally {
    for (const sentinel of sentinels) await sentinel.dispose();
    for (const loop of loops.values()) loop.end();
    await farm.stop();
  }
}

function fileLines({ downAfter, failoverTimeout }: ScalePlan, farm: Farm): string[] {
  return farm.ports.flatMap((port, index) => [
    `sentinel monitor ${GROUP(index)} 127.0.0.1 ${port} 2`,
    `sentinel down-after-milliseconds ${GROUP(index)} ${downAfter}`,
    `sentinel failover-timeout ${GROUP(index)} ${failoverTimeout}`,
  ]);
}

class Scale {
  readonly #plan: ScalePlan;
  readonly #lineUp: LineUp;
  readonly #farm: Farm;
  readonly #sentinels: readonly Sentinel[];
  readonly #loops: ReadonlyMap<Sentinel, LoopWatch>;

  constructor(
    plan: ScalePlan,
    lineUp: LineUp,
    farm: Farm,
    sentinels: readonly Sentinel[],
    loops: ReadonlyMap<Sentinel, LoopWatch>,
  ) {
    this.#loops = loops;
    this.#plan = plan;
    this.#lineUp = lineUp;
    this.#farm = farm;
    this.#sentinels = sentinels;
  }

  async play(): Promise<ScaleFigures> {
    const { down, steadyMs } = this.#plan;
    const discovered = await this.#discover();
    await pause(SETTLE_MS);
    await this.#takeLoops();
    const poll = await Poll.start(this.#sentinels[0]!, GROUP(0));
    const steady = await this.#measure(() => pause(steadyMs));
    const steadyLatency = poll.take();
    const steadyLoop = await this.#takeLoops();
    const ears = await Promise.all(this.#sentinels.map((one) => Ear.start(one)));
    const victims = this.#farm.ports.slice(0, down);
    const saves = this.#saves();
    const at = performance.now();
    await this.#farm.down(victims);
    const mass = await this.#measure(() => this.#allSwitched(ears));
    const failoverLatency = poll.take();
    const failoverLoop = await this.#takeLoops();
    poll.stop();
    const times = victims.flatMap((_, index) => {
      const each = ears.map((ear) => ear.switchedAt.get(GROUP(index)));
      return each.includes(undefined) ? [] : [Math.max(...(each as number[])) - at];
    });
    const masters = await this.#farm.masters();
    return {
      lineUp: this.#lineUp.name,
      discovered,
      steadyCpu: steady.cpu,
      steadyRss: steady.rss,
      steadyLatency,
      steadyLoop,
      done: times.length,
      down,
      switched: summarize(times),
      failoverCpu: mass.cpu,
      failoverLatency,
      failoverLoop,
      saves: (this.#saves() - saves) / this.#sentinels.length,
      writtenMb: mass.written,
      rssAfter: mass.rss,
      oneMasterEach: masters.length === this.#plan.groups,
    };
  }

  /** Starts all Sentinels; ms until each knows everything. */
  async #discover(): Promise<number | null> {
    const { groups, limitMs } = this.#plan;
    const at = performance.now();
    await Promise.all(this.#sentinels.map((one) => one.restart()));
    const replicas = this.#farm.replicas;
    const knowsAll = async (sentinel: Sentinel) => {
      const text = String(await sentinel.command('INFO', 'sentinel'));
      const whole =
        `status=ok,address=127\\.0\\.0\\.1:\\d+,slaves=${replicas},` +
        `sentinels=${this.#sentinels.length}`;
      return (text.match(new RegExp(whole, 'g')) ?? []).length === groups;
    };
    try {
      await until(
        async () => (await Promise.all(this.#sentinels.map(knowsAll))).every(Boolean),
        'everything is discovered',
        { timeoutMs: limitMs, everyMs: 100 },
      );
    } catch {
      return null;
    }
    return performance.now() - at;
  }

  async #allSwitched(ears: readonly Ear[]): Promise<void> {
    const { down, limitMs } = this.#plan;
    const end = performance.now() + limitMs;
    while (performance.now() < end && ears.some((ear) => ear.switchedAt.size < down)) {
      await pause(50);
    }
  }

  /**
   * CPU, memory and bytes written while something happens; the mean of this project's Sentinels, or
   * of all.
   */
  async #measure(
    work: () => Promise<void>,
  ): Promise<{ cpu: number; rss: number; written: number }> {
    const ours = this.#sentinels.filter((one) => one.kind === 'ours');
    const watched = ours.length > 0 ? ours : this.#sentinels;
    const before = watched.map((one) => usageOf(one.pid));
    const at = performance.now();
    await work();
    const ms = performance.now() - at;
    const after = watched.map((one) => usageOf(one.pid));
    const mean = (of: (index: number) => number) =>
      after.reduce((sum, _, index) => sum + of(index), 0) / after.length;
    return {
      cpu: (mean((i) => after[i]!.cpuMs - before[i]!.cpuMs) / ms) * 100,
      rss: mean((i) => after[i]!.rss) / MB,
      written: mean((i) => after[i]!.written - before[i]!.written) / MB,
    };
  }

  async #takeLoops(): Promise<LoopFigures | null> {
    const taken = [...this.#loops].map(([sentinel, loop]) => loop.take(sentinel));
    return together(await Promise.all(taken));
  }

  /** Saves so far, of all Sentinels together. */
  #saves(): number {
    const line = 'Sentinel new configuration saved on disk';
    return this.#sentinels.reduce((sum, one) => sum + one.logText().split(line).length - 1, 0);
  }
}
