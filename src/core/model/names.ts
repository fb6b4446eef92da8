/**
 * Host texts to numeric addresses without ever blocking a turn (monitoring.md §1.2, safety.md W18).
 *
 * Numeric texts resolve at once. Names are looked up by an effect; until the answer comes the last
 * good one is used, and an input that cannot go on without one is parked and replayed.
 */
import type { Address } from './address.ts';
import { LIMITS } from './limits.ts';
import { numericAddress } from './numeric.ts';
import type { Parked, ResolvedName, State } from './state.ts';
import { admits } from './text.ts';
import type { Turn } from './turn.ts';

const NAME_TTL_MS = 5000;
/** Inputs parked for one name, other than requests and links. */
const PARKED_MAX = 100;
/** Names remembered; senders of hellos must not be able to fill the memory with them. */
const NAMES_MAX = 10000;

/** The form used in replies, hellos, SLAVEOF, asks, events and the file. */
export function announced(
  { announceHostnames }: Pick<State, 'announceHostnames'>,
  address: Address,
): string {
  return announceHostnames || address.ip === '' ? address.host : address.ip;
}

/**
 * Resolve without waiting. A string: the address (possibly a remembered one while a fresh answer is
 * on its way). 'pending': `parked` is kept and replayed later. null: no such address.
 */
export function resolve(turn: Turn, host: string, parked: Parked): string | 'pending' | null {
  const numeric = numericAddress(host);
  if (numeric !== null) return numeric;
  if (!turn.state.resolveHostnames || !admits('host', host)) return null;
  const name = lookUp(turn, host);
  if (name.at !== null && (name.ip !== null || !name.pending)) return name.ip;
  if (mayPark(turn.state, name, parked)) name.parked.push(parked);
  return 'pending';
}

/**
 * A request must be answered and a link made: both are limited elsewhere. Hellos and ticks are
 * repeated, and are limited here: made-up names must not fill the memory.
 */
function mayPark(state: State, name: ResolvedName, parked: Parked): boolean {
  if (parked.kind === 'link') return true;
  if (parked.kind === 'input' && parked.input.type === 'command') return true;
  if (name.parked.length >= PARKED_MAX) return false;
  if (parked.kind !== 'hello') return true;
  if (state.parkedHellos >= LIMITS.parkedHellos) return false;
  state.parkedHellos += 1;
  return true;
}

function unpark(state: State, name: ResolvedName): Parked[] {
  const parked = name.parked.splice(0);
  for (const { kind } of parked) if (kind === 'hello') state.parkedHellos -= 1;
  return parked;
}

/**
 * But none that is being looked up: something may wait for the answer. Their number is limited by
 * the shell's concurrent lookups.
 */
function forgetOldest(names: Map<string, ResolvedName>): void {
  for (const [key, { pending }] of names) {
    if (pending) continue;
    names.delete(key);
    return;
  }
}

/** The remembered answer for a name; requests a fresh one when it is old. */
export function lookUp(turn: Turn, host: string): ResolvedName {
  const key = host.toLowerCase();
  let name = turn.state.names.get(key);
  if (name === undefined) {
    name = { ip: null, at: null, pending: false, parked: [] };
    const { names } = turn.state;
    if (names.size >= NAMES_MAX) forgetOldest(names);
    names.set(key, name);
  }
  const stale = name.at === null || turn.now - name.at > NAME_TTL_MS;
  if (stale && !name.pending) {
    name.pending = true;
    turn.effects.push({ type: 'resolve', host: key });
  }
  return name;
}

/** An answer came. Returns what waited for it. A failure keeps the last good address. */
export function resolved(turn: Turn, host: string, address: string | null): Parked[] {
  const name = turn.state.names.get(host);
  if (name === undefined) return [];
  const numeric = address === null ? null : numericAddress(address);
  name.pending = false;
  name.at = turn.now;
  if (numeric !== null) name.ip = numeric;
  else {
    turn.effects.push({
      type: 'log',
      level: 'warning',
      text: `Failed to resolve hostname '${host}'`,
    });
  }
  return unpark(turn.state, name);
}

/** An address as given in a file or a message, resolved as far as is possible now. */
export function toAddress(turn: Turn, host: string, port: number, parked: Parked): Address {
  const ip = resolve(turn, host, parked);
  return {
    host: numericAddress(host) ?? host,
    ip: ip === null || ip === 'pending' ? '' : ip,
    port,
  };
}
