/** All checkers, in the order of the specification's rows. */
import type { MakeChecker } from './checker.ts';
import { atomicPair, risingConfigEpochs, staleHellos, switches } from './configuration.ts';
import { agreedDown, elected, givesWay, oneMasterForAnEpoch } from './elections.ts';
import { cleanAborts, ordersOfLeaders, parallelSyncs, repairs, selection } from './orders.ts';
import { answersMatch, failoversEnd, nonsenseIsInert, noSelf, tiltIsPassive } from './protocol.ts';
import { oneRecord, refusalsEnd } from './servers.ts';
import {
  durableAddress,
  durableVote,
  durableWords,
  freshEpochs,
  oneVote,
  risingEpochs,
} from './votes.ts';

export const CHECKERS: readonly MakeChecker[] = [
  oneVote,
  durableVote,
  durableWords,
  durableAddress,
  risingEpochs,
  freshEpochs,
  elected,
  agreedDown,
  givesWay,
  oneMasterForAnEpoch,
  risingConfigEpochs,
  atomicPair,
  staleHellos,
  ordersOfLeaders,
  switches,
  repairs,
  selection,
  tiltIsPassive,
  noSelf,
  nonsenseIsInert,
  answersMatch,
  parallelSyncs,
  cleanAborts,
  failoversEnd,
  refusalsEnd,
  oneRecord,
];
