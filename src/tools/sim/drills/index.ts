/**
 * Drills: situations of minutes, or of two fleets, that are not drawn from a seed, each with what
 * must come of it. `npm run sim -- --drills` plays all of them; `npm test` and the hunt for
 * deliberate faults do, too. The seed gives ids, ranks and moments.
 */
import { Violation } from '../observer.ts';
import { apart } from './apart.ts';
import { deadVoters } from './dead-voters.ts';
import { foreignFleet, reusedAddress } from './foreign-fleet.ts';
import { hangingSave } from './hanging-save.ts';
import { idlePause } from './idle-pause.ts';
import { largeEpoch } from './large-epoch.ts';
import { letInAgain } from './let-in-again.ts';
import { lostLeader } from './lost-leader.ts';
import { manualAtWork } from './manual-at-work.ts';
import { manualInVain } from './manual-in-vain.ts';
import { resumedLeader } from './resumed-leader.ts';
import { sharedEpoch } from './shared-epoch.ts';
import { shortPause } from './short-pause.ts';
import { stoppedGuest } from './stopped-guest.ts';
import { stuckLeader } from './stuck-leader.ts';
import { twoHalves } from './two-halves.ts';
import { untrueLiving } from './untrue-living.ts';
import { untrueVoters } from './untrue-voters.ts';

export interface Drill {
  readonly name: string;
  /** Seeds that show what there is to be seen. */
  readonly seeds: number;
  /** @throws Violation */
  readonly play: (seed: number) => void;
}

export const DRILLS: readonly Drill[] = [
  { name: 'two deployments of one name meet', seeds: 3, play: foreignFleet },
  {
    name: 'the address of a dead replica belongs to another deployment',
    seeds: 4,
    play: reusedAddress,
  },
  { name: 'two halves of one group meet after a restart', seeds: 12, play: twoHalves },
  { name: 'a fresh Sentinel beside large epochs', seeds: 2, play: largeEpoch },
  { name: 'cut off from all peers while the former master returns', seeds: 40, play: apart },
  { name: 'dead voters known to one', seeds: 8, play: deadVoters },
  { name: 'a manual failover without votes beside a dying master', seeds: 20, play: sharedEpoch },
  { name: 'a manual failover that comes to nothing', seeds: 4, play: manualInVain },
  { name: 'a manual failover at work while the master hangs', seeds: 6, play: manualAtWork },
  { name: 'a leader that cannot finish', seeds: 12, play: stuckLeader },
  { name: 'a save that hangs and ends late', seeds: 30, play: hangingSave },
  { name: 'a guest whose clock stops', seeds: 10, play: stoppedGuest },
  { name: 'dead voters of whom untruths are told', seeds: 12, play: untrueVoters },
  { name: 'living voters of whom untruths are told', seeds: 16, play: untrueLiving },
  { name: 'a Sentinel that watches nothing is stopped for a while', seeds: 2, play: idlePause },
  {
    name: 'a leader that was stopped goes on beside its successor',
    seeds: 24,
    play: resumedLeader,
  },
  { name: 'a leader that lost touch finds its successor at work', seeds: 30, play: lostLeader },
  { name: 'a replica that lets us in again and is without its master', seeds: 4, play: letInAgain },
  { name: 'a Sentinel is stopped again and again for a moment', seeds: 4, play: shortPause },
];

export interface Broken {
  readonly drill: string;
  readonly seed: number;
  readonly rows: string;
  readonly sentence: string;
}

/** Plays every drill with its seeds; null, or the first that went wrong. */
export function playDrills(tell: (drill: Drill) => void = () => {}): Broken | null {
  for (const drill of DRILLS) {
    for (let seed = 1; seed <= drill.seeds; seed++) {
      try {
        drill.play(seed);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        const [rows, sentence] =
          error instanceof Violation
            ? [error.rows, error.message]
            : ['crash', error.stack ?? error.message];
        return { drill: drill.name, seed, rows, sentence };
      }
    }
    tell(drill);
  }
  return null;
}
