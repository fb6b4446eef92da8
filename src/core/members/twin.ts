/**
 * Another Sentinel with our id: somebody copied a file with its `sentinel myid`. Its hellos look
 * like ours but for the address; to all others the two are one Sentinel that moves to and fro. All
 * we can do about it here is to log it.
 */
import { endpoint } from '../model/address.ts';
import type { State } from '../model/state.ts';
import { log, type Turn } from '../model/turn.ts';

/** A change of our own address may leave one hello behind; a twin sends one every two seconds. */
const TWICE_WITHIN_MS = 10_000;
const TWICE_AFTER_MS = 500;
const SAID_QUIET_MS = 60_000;
/** Our own addresses, one for each outgoing route of this host. */
const ADDRESSES_MAX = 64;

/** Remembers the address that one of our own hellos announces. */
export function noteOwnAddress({ saidAt }: State, address: string): void {
  if (saidAt.has(address)) return;
  if (saidAt.size >= ADDRESSES_MAX) saidAt.clear();
  saidAt.add(address);
}

/** A hello that names our id. */
export function noteTwin(turn: Turn, payload: string): void {
  const { state } = turn;
  const [host = '', port = '', id, ...rest] = payload.split(',');
  if (id !== state.myId || rest.length !== 5) return;
  const address = `${host},${port}`;
  if (state.saidAt.has(address)) return;
  const { twin } = state;
  if (twin?.address !== address || turn.now - twin.heardAt > TWICE_WITHIN_MS) {
    state.twin = { address, heardAt: turn.now, saidAt: twin?.saidAt ?? null };
    return;
  }
  if (turn.now - twin.heardAt < TWICE_AFTER_MS) return;
  twin.heardAt = turn.now;
  if (twin.saidAt !== null && turn.now - twin.saidAt < SAID_QUIET_MS) return;
  twin.saidAt = turn.now;
  const who = `Another Sentinel, at ${endpoint(host, Number(port))}, has our id ${state.myId}`;
  const remedy =
    'stop one of the two, take "sentinel myid" and the "sentinel known-*" lines out of its file, ' +
    'and start it again';
  log(
    turn,
    'warning',
    `${who}, as if its file were a copy: to all others we are one. Remedy: ${remedy}.`,
  );
}
