/**
 * The thread that replaces the configuration file. A replacement takes seven file operations, and
 * in the daemon's main thread each of them would wait for an iteration of a loop that is busiest
 * when votes must be saved soonest.
 */
import { parentPort } from 'node:worker_threads';
import { spare } from '../spare.ts';
import { realFs } from './fs.ts';
import { Store, type Swap } from './store.ts';

const store = new Store(realFs);
// One for the file, one for its folder while the file is being closed.
spare.hold(2);

parentPort!.on('message', async (swap: Swap) => {
  const outcome = await store.swap(swap, (remark) => parentPort!.postMessage(remark));
  parentPort!.postMessage(outcome);
});
