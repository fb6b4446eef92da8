/**
 * Loaded into a daemon before anything else (`--import`): watches how late its event loop is and
 * how long its saves take. On every SIGCONT, which does nothing else to a process that runs, a line
 * of JSON (`LoopFigures`) about the time since the last one is added to the file that BENCH_LOOP
 * names.
 */
import { appendFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';
import { ConfigWriter } from '../../shell/save/writer.ts';
import type { LoopFigures } from './loop-watch.ts';

/** A timer for so often; what it is late by is the delay. */
const RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;

const file = process.env.BENCH_LOOP;
if (isMainThread && file !== undefined) watchLoop(file);

function watchLoop(into: string): void {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  let saves: number[] = [];
  const { save } = ConfigWriter.prototype;
  ConfigWriter.prototype.save = async function (render) {
    const at = performance.now();
    try {
      return await save.call(this, render);
    } finally {
      saves.push(performance.now() - at);
    }
  };
  const late = (ns: number) => Math.max(0, ns / NS_PER_MS - RESOLUTION_MS);
  process.on('SIGCONT', () => {
    const figures: LoopFigures = {
      p99: late(delays.percentile(99)),
      max: late(delays.max),
      saves: saves.length,
      saveMs: saves.reduce((sum, one) => sum + one, 0),
      slowestSave: Math.max(0, ...saves),
    };
    delays.reset();
    saves = [];
    appendFileSync(into, `${JSON.stringify(figures)}\n`);
  });
}
