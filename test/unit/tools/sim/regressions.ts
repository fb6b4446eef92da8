/**
 * Seeds that showed a fault the core, or the simulator, once had. A change of the simulator gives
 * seeds another meaning; for the faults that are mutants (src/tools/sim/mutants.ts) `npm run sim --
 * --mutants` then tells the new ones.
 */
import type { Overrides } from '../../../../src/tools/sim/conditions.ts';

export const REGRESSIONS: readonly { seed: number; overrides?: Overrides; showed: string }[] = [
  { seed: 3, showed: 'a hung master is noticed seconds late when all PINGs fall together' },
  { seed: 180, showed: 'two votes in one epoch after REMOVE and MONITOR' },
  { seed: 267, showed: 'replicas keep their marks when their leader is superseded' },
  { seed: 198, showed: 'a stray is repaired under a master that is down' },
  { seed: 194, showed: 'a stray is attached to a master that is attached to the stray' },
  { seed: 132, showed: 'a healthy replica that follows a name of the master is attached anew' },
  {
    seed: 357914073013,
    showed: 'a vote that a failing disk refuses is told while it is tried once more',
  },
  { seed: 1386, showed: 'a checker dates what it hears right after a pause too late' },
  { seed: 10000088, showed: 'two masters of one config epoch are chained to each other' },
  {
    seed: 20001877,
    showed: 'a checker blames an answer that waited for a name server through TILT',
  },
  { seed: 50006625, showed: 'a connection changes the order of what was sent around a partition' },
  { seed: 40000329, showed: 'operators leave two parts of a fleet that know nothing in common' },
  { seed: 407008162911, showed: 'a vote that the disk refused is waited for all the same' },
  {
    seed: 98504685,
    showed: 'a master turned into a replica makes all its replicas stale before it is down',
  },
  { seed: 98701409, showed: 'a fruitless attempt is repeated although another has our vote since' },
  { seed: 91004690, showed: 'a candidacy is taken back while an answer that tells of it waits' },
  { seed: 91010476, showed: 'a checker takes a candidacy for a vote before it is saved' },
  {
    seed: 91005494,
    showed: 'a Sentinel that is to crash names a master while the disk has the next one',
  },
  { seed: 91035953, showed: 'operators leave two pairs of Sentinels that know each other only' },
  {
    seed: 92052751,
    showed: 'a checker takes an answer about the name of a master whose address is known since',
  },
  { seed: 93040888, showed: 'a checker takes one record of a server for the other one' },
  {
    seed: 93007156,
    showed:
      'a master is confirmed and told while the disk has the one that was about to be promoted',
  },
  {
    seed: 500000158249,
    showed: 'a checker takes a double that is forgotten for the work of the hello that just came',
  },
  {
    seed: 94251688,
    showed: 'who became a replica again while its promotion was saved is promoted',
  },
  {
    seed: 820000092233,
    showed: 'an old opinion counts again when its voice is borrowed once more',
  },
  {
    seed: 830000038522,
    showed: 'an id that two groups know at two addresses is asked at one of them for both',
  },
  {
    seed: 830000058469,
    showed: 'who knows another Sentinel at a wrong address only is taken for one that hears it',
  },
  {
    seed: 850000005136,
    showed: 'a replica that refused us once and says MASTERDOWN since is never subscribed to again',
  },
  {
    seed: 810000075719,
    showed: 'a hello that waited for a name server counts as heard when the name is known',
  },
  {
    seed: 890000001897,
    showed: 'a checker measures a wait that is over with the down-after that was set later',
  },
  {
    seed: 890000014688,
    showed: 'a checker takes an answer about a master that was and is again for a newer one',
  },
  {
    seed: 920000034803,
    showed: 'a checker books the word of one of two who are said to be in one place for the other',
  },
  {
    seed: 930000066729,
    showed: 'a new id that was us stays beside the living one whose place it had taken, and counts',
  },
  {
    seed: 930000043723,
    showed: 'a Sentinel that watches nothing never leaves TILT',
  },
  {
    seed: 940000162849,
    showed:
      'a master known by its name is told to follow itself, for its address is a replica, too',
  },
];
