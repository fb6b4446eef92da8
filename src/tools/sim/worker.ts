/**
 * One thread of a campaign: runs the seeds it is sent and answers with the tally, until it is sent
 * null.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { runSeeds } from './campaign.ts';

parentPort!.on('message', (batch: { from: number; count: number } | null) => {
  if (batch === null) parentPort!.close();
  else parentPort!.postMessage(runSeeds(batch.from, batch.count, workerData));
});
