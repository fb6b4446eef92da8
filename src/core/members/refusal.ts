/**
 * Refusals: error replies to what we sent (docs/PROTOCOL.md W32). Each is an event and a line of
 * the log once for each record, command and kind of error; what it means is decided elsewhere.
 */
import { event } from '../model/events.ts';
import type { Instance, Peer, Replica, State } from '../model/state.ts';
import type { Turn } from '../model/turn.ts';

/** What was refused, obeyed and refused again in the same way is reported this rarely. */
const AGAIN_MS = 60_000;
/** The name under which it is kept that a peer refuses our questions. */
export const QUESTION = 'SENTINEL IS-MASTER-DOWN-BY-ADDR';

/** What passes by itself. */
export const PASSING = /^(LOADING|BUSY|MASTERDOWN|TRYAGAIN)/;
/** Kinds of error to one command that are reported within a minute. */
const KINDS_MAX = 4;
const TEXT_MAX_BYTES = 200;
/** A server that refuses orders gets the next after this, then after twice that, and so on. */
const ORDER_PAUSE_FIRST_MS = 1000;
const ORDER_PAUSE_MAX_MS = 60_000;

/** This instance has answered this command with this error. */
export function refused(turn: Turn, instance: Instance, command: string, text: string): void {
  const shown = withoutPassword(turn.state, instance, text).slice(0, TEXT_MAX_BYTES);
  const code = /^[A-Z]{2,16}(?= |$)/.exec(shown)?.[0] ?? '';
  // The verdict of a PING says it for all that is asked now and then.
  if (PASSING.test(text) && ['PUBLISH', 'INFO', 'CLIENT SETNAME'].includes(command)) return;
  const before = instance.refusals.get(command);
  const isOld = before !== undefined && turn.now - before.saidAt >= AGAIN_MS;
  const isSame = before?.code === code && !(before.over && isOld);
  // A server may find a new word each time.
  const isTooMuch = before !== undefined && !isOld && before.kinds >= KINDS_MAX;
  if (before !== undefined && (isSame || isTooMuch)) {
    instance.refusals.set(command, { ...before, code, over: false });
    return;
  }
  const kinds = before === undefined || isOld ? 1 : before.kinds + 1;
  instance.refusals.set(command, { code, saidAt: turn.now, over: false, kinds });
  event(turn, 'warning', '-command-refused', instance, `#${command}: ${shown}`);
}

/** It has obeyed this command. */
export function obeyed(instance: Instance, command: string): void {
  const before = instance.refusals.get(command);
  if (before !== undefined) before.over = true;
}

/** Whether its last answer to this command was an error; `code`: of this kind. */
export function refuses(instance: Instance, command: string, code?: string): boolean {
  const refusal = instance.refusals.get(command);
  return refusal?.over === false && (code === undefined || refusal.code === code);
}

/** Whether a peer lets us neither ask it nor tell it anything: it can give us no vote. */
export function isShut(peer: Peer): boolean {
  return ['AUTH', 'PING', 'PUBLISH', QUESTION].some((command) => refuses(peer, command));
}

/** An order was refused: the next one waits. */
export function pauseOrders(turn: Turn, replica: Replica): void {
  const pause = ORDER_PAUSE_FIRST_MS * 2 ** Math.min(replica.ordersRefused, 10);
  replica.ordersRefused += 1;
  const most = Math.min(ORDER_PAUSE_MAX_MS, replica.group.failoverTimeout);
  replica.noOrderUntil = turn.now + Math.min(pause, most);
}

/** An order was obeyed. */
export function resumeOrders(replica: Replica): void {
  replica.ordersRefused = 0;
  replica.noOrderUntil = null;
}

/** Whether it has refused an order so recently that the next one has to wait. */
export function isRefusing({ now }: Turn, { noOrderUntil }: Replica): boolean {
  return noOrderUntil !== null && now < noOrderUntil;
}

/** A server, or a proxy before it, may echo what it was sent. */
export function withoutPassword(state: State, instance: Instance, text: string): string {
  const { sentinelPass, surroundings } = state;
  const secrets =
    instance.kind === 'sentinel'
      ? [sentinelPass, surroundings.requirepass]
      : [instance.group.authPass];
  let shown = text;
  for (const secret of secrets) if (secret) shown = shown.replaceAll(secret, '******');
  return shown;
}
