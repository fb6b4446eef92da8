/**
 * What must hold after every turn, as far as checking it is almost free (safety.md S1–S4).
 *
 * A violation means that memory can no longer be trusted: the turn throws, none of its effects
 * leaves, and the process starts again from what is on disk.
 */
import type { Group } from './state.ts';
import type { Turn } from './turn.ts';

/** An assertion of the core failed; the message says which. */
export class BrokenInvariant extends Error {
  override readonly name = 'BrokenInvariant';
}

/** `what` is a function because building the text costs more than the check. */
function must(holds: boolean, what: () => string): void {
  if (!holds) throw new BrokenInvariant(what());
}

/** At the end of a turn. */
export function checkTurn({ state, saving }: Turn): void {
  const { currentEpoch, disk, floor } = state;
  if (currentEpoch !== floor.epoch) {
    must(
      currentEpoch > floor.epoch,
      () => `current epoch went from ${floor.epoch} to ${currentEpoch}`,
    );
    must(saving || disk.wanted > floor.version, () => `epoch ${currentEpoch} is not being saved`);
    floor.epoch = currentEpoch;
  }
  floor.version = disk.wanted;
  must(
    disk.durableEpoch <= currentEpoch,
    () => `epoch ${disk.durableEpoch} on disk was never ours`,
  );
  must(disk.saved <= disk.wanted, () => `version ${disk.saved} was saved, ${disk.wanted} exist`);
}

/** At the end of a look at a group. */
export function checkGroup({ state, saving }: Turn, group: Group): void {
  const { configEpoch, failover, floor, name, vote } = group;
  if (vote.epoch !== floor.voteEpoch) {
    must(vote.epoch > floor.voteEpoch, () => `${name}: vote went back to epoch ${vote.epoch}`);
    must(
      vote.epoch <= state.currentEpoch,
      () => `${name}: vote in epoch ${vote.epoch} of the future`,
    );
    const covered = saving || state.disk.wanted > floor.version;
    must(covered, () => `${name}: the vote in epoch ${vote.epoch} is not being saved`);
    floor.voteEpoch = vote.epoch;
  }
  floor.version = state.disk.wanted;
  if (configEpoch !== floor.configEpoch) {
    must(
      configEpoch > floor.configEpoch,
      () => `${name}: config epoch went back to ${configEpoch}`,
    );
    must(
      configEpoch <= state.currentEpoch,
      () => `${name}: config epoch ${configEpoch} of the future`,
    );
    floor.configEpoch = configEpoch;
  }
  must(
    group.master.link.owners.has(group.master),
    () => `${name}: the master's link is not its own`,
  );
  if (failover === null) return;
  must(failover.epoch <= state.currentEpoch, () => `${name}: failover in epoch ${failover.epoch}`);
  if ('promoted' in failover) {
    must(!failover.promoted.removed, () => `${name}: the promoted replica is gone`);
  }
}
