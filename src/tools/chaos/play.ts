/** Lays the ground, lets a process inside of it play the rounds, and leaves nothing behind. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { removeFolder, temporaryFolder } from '../lab/index.ts';
import { clear, clearOld, lay } from './ground.ts';
import { hubOf, prefixOf } from './hosts.ts';
import type { Message } from './inside.ts';
import { type Plan, planArguments } from './plan.ts';
import type { RoundResult } from './round.ts';

/** The build's: a child process cannot load TypeScript. */
const INSIDE = fileURLToPath(new URL('../../../dist/tools/chaos/inside.js', import.meta.url));

export interface Listener {
  say(line: string): void;
  result(result: RoundResult): void;
}

let runs = 0;

/**
 * Plays all rounds of the plan. A signal ends it early; what was made is removed all the same.
 * @throws Error when the rounds could not be played
 */
export async function play(plan: Plan, listener: Listener): Promise<void> {
  runs += 1;
  const prefix = `${prefixOf(process.pid)}${runs}-`;
  clearOld();
  const folder = temporaryFolder(`${prefix}files`);
  const removeAll = () => {
    clear(prefix);
    removeFolder(folder);
  };
  process.once('exit', removeAll);
  try {
    lay(prefix);
    await inside(prefix, folder, plan, listener);
  } finally {
    process.off('exit', removeAll);
    removeAll();
  }
}

function inside(prefix: string, folder: string, plan: Plan, listener: Listener): Promise<void> {
  const node = [process.execPath, INSIDE, prefix, folder, ...planArguments(plan)];
  const child = spawn('ip', ['netns', 'exec', hubOf(prefix), ...node], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let failed: string | null = null;
  child.on('message', (message: Message) => {
    if ('say' in message) listener.say(message.say);
    else if ('result' in message) listener.result(message.result);
    else failed = message.failed;
  });
  const endChild = () => child.kill('SIGKILL');
  process.prependOnceListener('exit', endChild);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      process.off('exit', endChild);
      if (code === 0) resolve();
      else reject(new Error(failed ?? `the rounds ended with ${signal ?? code}`));
    });
  });
}
