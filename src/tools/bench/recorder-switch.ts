/**
 * Loaded into a daemon before anything else (`--import`): lets its turns alternately go through the
 * flight recorder and past it, and writes what each stretch cost to the file that BENCH_RECORDER
 * names, a line each: `on` or `off`, processor time in ms, ms, turns.
 */
import { appendFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { type State, step } from '../../core/index.ts';
import { FlightRecorder } from '../../daemon/flightrecorder.ts';

/**
 * Long enough for every instance to be asked a few times, short enough for neighbours to be equally
 * noisy.
 */
const STRETCH_MS = 2000;

const file = process.env.BENCH_RECORDER;
if (isMainThread && file !== undefined) switchByTurns(file);

function switchByTurns(into: string): void {
  const { watch, step: recorded } = FlightRecorder.prototype;
  let state: State;
  let on = true;
  let turns = 0;
  FlightRecorder.prototype.watch = function (one) {
    state = one;
    watch.call(this, one);
  };
  FlightRecorder.prototype.step = function (input, now) {
    turns += 1;
    return on ? recorded.call(this, input, now) : step(state, input, now);
  };
  let used = process.cpuUsage();
  let began = performance.now();
  const next = () => {
    const { user, system } = process.cpuUsage(used);
    const now = performance.now();
    const cpuMs = (user + system) / 1000;
    appendFileSync(into, `${on ? 'on' : 'off'} ${cpuMs} ${now - began} ${turns}\n`);
    on = !on;
    turns = 0;
    began = now;
    used = process.cpuUsage();
  };
  setInterval(next, STRETCH_MS).unref();
}
