/**
 * Running scripts (events.md §4.3): 16 at once; exit status 1 and signals are retried with a
 * doubling delay, ten runs in all; any other failure drops the job with `-script-error`.
 */
import { eventText } from './events.ts';
import { runningScripts } from './scripts.ts';
import type { Turn } from './turn.ts';
import type { Input, Instant } from './types.ts';

const RUNNING_MAX = 16;

const RUNS_MAX = 10;

/**
 * A script that does not die of the first SIGKILL (uninterruptible sleep) is killed and reported
 * again this often.
 */
const KILL_REPEAT_MS = 100;

/**
 * Start what may start, kill what runs too long; returns the next instant at which there is
 * something to do.
 */
export function tendScripts(turn: Turn): Instant {
  const queue = turn.state.scripts;
  if (queue.jobs.length === 0) return Number.POSITIVE_INFINITY;
  let running = runningScripts(queue);
  let next = Number.POSITIVE_INFINITY;
  for (const job of queue.jobs) {
    if (job.running) {
      if (turn.now >= job.killAt) {
        eventText(turn, 'warning', '-script-timeout', null, `${job.argv[0]} ${job.pid}`);
        turn.effects.push({ type: 'killScript', job: job.id });
        job.killAt = turn.now + KILL_REPEAT_MS;
      }
      next = Math.min(next, job.killAt);
    } else if (job.at <= turn.now && running < RUNNING_MAX) {
      running += 1;
      job.running = true;
      job.runs += 1;
      job.at = turn.now;
      job.killAt = turn.now + turn.state.timers.scriptMaxRuntime;
      turn.effects.push({ type: 'runScript', job: job.id, argv: job.argv });
      next = Math.min(next, job.killAt);
    } else if (job.at > turn.now) {
      next = Math.min(next, job.at);
    }
  }
  return next;
}

export function scriptStarted(turn: Turn, input: Extract<Input, { type: 'scriptStarted' }>): void {
  const job = turn.state.scripts.jobs.find((j) => j.id === input.job);
  if (job === undefined) return;
  job.pid = input.pid;
  eventText(turn, 'debug', '+script-child', null, String(input.pid));
}

export function scriptEnded(turn: Turn, input: Extract<Input, { type: 'scriptEnded' }>): void {
  const { jobs } = turn.state.scripts;
  const index = jobs.findIndex((j) => j.id === input.job);
  const job = jobs[index];
  if (job === undefined) return;
  const { exitCode, signal } = input;
  eventText(turn, 'debug', '-script-child', null, `${job.pid} ${exitCode} ${signal}`);
  const retry = (signal !== 0 || exitCode === 1) && job.runs < RUNS_MAX;
  if (retry) {
    job.running = false;
    job.pid = 0;
    job.at = turn.now + turn.state.timers.scriptRetryDelay * 2 ** (job.runs - 1);
    return;
  }
  jobs.splice(index, 1);
  if (signal !== 0 || exitCode !== 0) {
    eventText(turn, 'warning', '-script-error', null, `${job.argv[0]} ${signal} ${exitCode}`);
  }
}
