/**
 * Ourselves under another id (safety.md S20): a hello that names our own address with an id that is not ours, forged or
 * left over, would make us our own peer and let us vote twice.
 *
 * Nothing in such a hello gives it away, but our own does: we say hello to every peer as soon as a connection to it is
 * open, and our server answers a hello of our own with 0, where every other Sentinel answers 1. So whoever answers 0 is
 * ourselves, whatever stands between. Invariant: a peer is asked nothing, and so counts for nothing, before it has
 * answered a hello on the connection it would be asked on.
 */
import { type Address, endpoint, sameAddress } from './address.ts';
import { removeInstance } from './groups.ts';
import { announced } from './names.ts';
import { movePeer } from './reconnect.ts';
import type { Peer } from './state.ts';
import { log, save, type Work } from './work.ts';

/** A hello with an address at which we met ourselves is none for so long; it may be somebody else's one day. */
const OWN_MS = 60_000;
const OWN_MAX = 64;

/** A peer has answered a hello: it is somebody else, and may be asked. */
export function introduced(work: Work, peer: Peer): void {
  if (peer.introduced) return;
  peer.introduced = true;
  peer.provenAt = { ...peer.address };
  work.touched.add(peer.group);
}

/**
 * Our own server has answered the hello we said to this peer: it is forgotten, in every group. But one that has been
 * somebody else at another address is only somebody of whom an untruth was told: it goes back there, and goes on counting
 * among all Sentinels, lest a lie make a majority smaller.
 */
export function metOurselves(work: Work, peer: Peer): void {
  const { state } = work;
  const address = { ...peer.address };
  rememberOwn(work, address);
  const at = `${announced(state, address)} port ${address.port}`;
  log(work, 'warning', `Sentinel ${peer.id} at ${at} is this one under another id: not believed`);
  for (const group of state.groups.values()) {
    for (const other of [...group.peers.values()]) {
      if (sameAddress(other.address, address)) disbelieve(work, other);
    }
  }
  save(work);
}

function disbelieve(work: Work, peer: Peer): void {
  work.touched.add(peer.group);
  const { provenAt } = peer;
  if (provenAt === null || sameAddress(provenAt, peer.address)) return removeInstance(work, peer);
  peer.address = { ...provenAt };
  movePeer(work, peer);
}

function rememberOwn({ state, now }: Work, { ip, port }: Address): void {
  const { ownAddresses } = state;
  const [oldest] = ownAddresses.keys();
  if (oldest !== undefined && ownAddresses.size >= OWN_MAX) ownAddresses.delete(oldest);
  ownAddresses.set(endpoint(ip, port), now);
}

/** Did we meet ourselves there lately? */
export function isOwnAddress({ state, now }: Work, ip: string, port: number): boolean {
  const met = state.ownAddresses.get(endpoint(ip, port));
  return met !== undefined && now - met < OWN_MS;
}
