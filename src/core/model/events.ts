/**
 * Events: their texts, and where they go (events.md §2–3).
 *
 * An event is logged, published, and, if it is a warning about a group, handed to the notification
 * script.
 */
import { endpoint } from './address.ts';
import { announced } from './names.ts';
import { queueScript } from './scripts.ts';
import type { Group, Instance, State } from './state.ts';
import { shown } from './text.ts';
import type { Turn } from './turn.ts';
import type { LogLevel } from './types.ts';

const PAYLOAD_MAX_BYTES = 1023;

/**
 * `master <name> <ip> <port>`, or `<type> <name> <ip> <port> @ <group> <master ip> <master port>`.
 */
export function describe(
  state: State,
  instance: Instance,
  masterAddress = instance.group.master.address,
): string {
  const { group, address } = instance;
  const master = `${group.name} ${announced(state, masterAddress)} ${masterAddress.port}`;
  if (instance.kind === 'master') return `master ${master}`;
  const name = instance.kind === 'replica' ? instance.key : instance.id;
  const type = instance.kind === 'replica' ? 'slave' : 'sentinel';
  return `${type} ${name} ${announced(state, address)} ${address.port} @ ${master}`;
}

/** An event about a group with a text of its own. `group` null: no script gets it. */
export function eventText(
  turn: Turn,
  level: LogLevel,
  name: string,
  group: Group | null,
  text: string,
): void {
  const payload = shown(text).slice(0, PAYLOAD_MAX_BYTES);
  turn.effects.push({ type: 'event', level, name, payload });
  if (level === 'warning' && group?.notificationScript) {
    queueScript(turn, [group.notificationScript, name, payload]);
  }
}

/** An event about an instance: its description, then `extra`. */
export function event(
  turn: Turn,
  level: LogLevel,
  name: string,
  instance: Instance,
  extra = '',
): void {
  const text = describe(turn.state, instance) + (extra === '' ? '' : ` ${extra}`);
  eventText(turn, level, name, instance.group, text);
}

export function replicaKey(state: State, address: Instance['address']): string {
  return endpoint(announced(state, address), address.port);
}
