/**
 * What can be done to the network between the hosts, from within the hub: rules that swallow
 * packets without a word, cables that are pulled, lines that are slow and lossy (netem, or where
 * the kernel has none a tun device and a program).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Place } from './hosts.ts';
import { run } from './run.ts';

const DELAY = fileURLToPath(new URL('../../../bin/chaos/delay.pl', import.meta.url));
const LINE = 'slow0';
const TABLE = '200';

export interface Slowness {
  readonly delayMs: number;
  readonly lossPercent: number;
  readonly seed: number;
}

/** How lines are made slow here. */
export type SlowBy = 'netem' | 'tun' | null;

export class Net {
  readonly slowBy: SlowBy;
  #undo: (() => Promise<unknown>)[] = [];

  private constructor(slowBy: SlowBy) {
    this.slowBy = slowBy;
  }

  /** Finds out what this kernel can do. `place` is any host. */
  static async open(place: Place): Promise<Net> {
    const can = (attempt: Promise<unknown>) =>
      attempt.then(
        () => true,
        () => false,
      );
    const at = ['qdisc', 'add', 'dev', place.port, 'root', 'netem', 'delay', '1ms'];
    if (await can(run('tc', ...at))) {
      await run('tc', 'qdisc', 'del', 'dev', place.port, 'root');
      return new Net('netem');
    }
    const line = await openLine({ delayMs: 0, lossPercent: 0, seed: 1 }).catch(() => null);
    if (line === null) return new Net(null);
    await endLine(line);
    return new Net('tun');
  }

  /** Pulls the cable of a host: the host sees its link go down, the others hear nothing. */
  async unplug(place: Place): Promise<void> {
    await this.#rule('to', place.address);
    await run('ip', 'link', 'set', place.port, 'down');
    this.#undo.push(() => run('ip', 'link', 'set', place.port, 'up'));
  }

  /** Swallows what a host sends. */
  mute(place: Place): Promise<void> {
    return this.#rule('iif', place.port);
  }

  /** Swallows what is sent to a host. */
  deafen(place: Place): Promise<void> {
    return this.#rule('to', place.address);
  }

  /** Lets nothing through between both sides, either way. */
  async part(one: readonly Place[], other: readonly Place[]): Promise<void> {
    for (const left of one) {
      for (const right of other) {
        await this.#rule('iif', left.port, 'to', right.address);
        await this.#rule('iif', right.port, 'to', left.address);
      }
    }
  }

  /** Makes slow and lossy what these hosts send. */
  async slow(places: readonly Place[], slowness: Slowness): Promise<void> {
    if (this.slowBy === 'netem') {
      const { delayMs, lossPercent } = slowness;
      const words = ['netem', 'delay', `${delayMs}ms`, 'loss', `${lossPercent}%`];
      for (const { space } of places) {
        await run(
          'ip',
          'netns',
          'exec',
          space,
          'tc',
          'qdisc',
          'add',
          'dev',
          'eth0',
          'root',
          ...words,
        );
        this.#undo.push(() =>
          run('ip', 'netns', 'exec', space, 'tc', 'qdisc', 'del', 'dev', 'eth0', 'root'),
        );
      }
      return;
    }
    const line = await openLine(slowness);
    this.#undo.push(() => endLine(line));
    await run('ip', 'link', 'set', LINE, 'up');
    await run('ip', 'route', 'add', 'default', 'dev', LINE, 'table', TABLE);
    for (const { port } of places) {
      const rule = ['pref', '200', 'iif', port, 'lookup', TABLE];
      await run('ip', 'rule', 'add', ...rule);
      this.#undo.push(() => run('ip', 'rule', 'del', ...rule));
    }
  }

  /** Undoes everything. @throws the last error, after all that can be undone is undone */
  async mend(): Promise<void> {
    let failed: unknown = null;
    for (const undo of this.#undo.splice(0).reverse()) {
      await undo().catch((error) => {
        failed = error;
      });
    }
    if (failed !== null) throw failed;
  }

  async #rule(...match: string[]): Promise<void> {
    const rule = ['pref', '100', ...match, 'blackhole'];
    await run('ip', 'rule', 'add', ...rule);
    this.#undo.push(() => run('ip', 'rule', 'del', ...rule));
  }
}

/** Resolves when the device is there. */
function openLine({ delayMs, lossPercent, seed }: Slowness): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    const args = [DELAY, LINE, String(delayMs), String(lossPercent), String(seed)];
    const line = spawn('perl', args, { stdio: ['pipe', 'pipe', 'inherit'] });
    line.once('error', reject);
    line.once('exit', (code) => reject(new Error(`the slow line ended with ${code}`)));
    line.stdout?.once('data', () => resolve(line));
  });
}

async function endLine(line: ChildProcess): Promise<void> {
  if (line.exitCode !== null || line.signalCode !== null) return;
  const ended = new Promise((resolve) => line.once('exit', resolve));
  line.kill('SIGKILL');
  await ended;
}
