/**
 * Sending hellos (monitoring.md §9; safety.md S3): always the same eight fields, and an epoch that
 * is on disk.
 */
import { HELLO_CHANNEL, isBusy, isOpen, send } from '../members/links.ts';
import { noteOwnAddress } from '../members/twin.ts';
import { announced } from '../model/names.ts';
import type { Connection, Group, Instance } from '../model/state.ts';
import { type Turn, wake } from '../model/turn.ts';
import { standIn, wakeAfter } from './ping.ts';

const HELLO_MAX_BYTES = 1069;

/** The port other Sentinels should dial. */
export function announcedPort(turn: Turn): number {
  const { state } = turn;
  const { port, tlsPort, tlsReplication } = state.surroundings;
  if (state.announcePort !== 0) return state.announcePort;
  return tlsReplication && tlsPort !== 0 ? tlsPort : port;
}

function helloText(turn: Turn, group: Group, connection: Connection): string {
  const { state } = turn;
  const { address } = group.master;
  const at = `${state.announceIp || connection.localAddress},${announcedPort(turn)}`;
  noteOwnAddress(state, at);
  const own = `${at},${state.myId}`;
  const master = `${group.name},${announced(state, address)},${address.port}`;
  const text = `${own},${state.disk.durableEpoch},${master},${group.configEpoch}`;
  return text.slice(0, HELLO_MAX_BYTES);
}

/** Send a hello when the period is over or there is something new; one in flight at a time. */
export function tendHello(turn: Turn, instance: Instance): void {
  const { link, group } = instance;
  if (!isOpen(link) || isBusy(link)) return;
  const { publishPeriod } = turn.state.timers;
  if (instance.helloPendingSince !== null) {
    return wakeAfter(turn, group, instance.helloPendingSince, publishPeriod);
  }
  // A write-paused server would hold it back, and every PING behind it.
  if (instance.kind !== 'sentinel' && instance.failoverOngoing) return;
  const due = instance.helloForced ? turn.now : instance.helloDueAt;
  if (turn.now < due) return wake(group, due);
  const argv = ['PUBLISH', HELLO_CHANNEL, helloText(turn, group, link.command!)];
  send(turn, link, group, argv, { kind: 'hello', instance });
  instance.helloPendingSince = turn.now;
  instance.helloForced = false;
  standIn(turn, link);
  wakeAfter(turn, group, turn.now, publishPeriod);
}

/** Tell everybody now: peers first, as they decide sooner than servers distribute. */
export function spreadHello(turn: Turn, group: Group): void {
  for (const instance of [...group.peers.values(), group.master, ...group.replicas.values()]) {
    instance.helloForced = true;
    tendHello(turn, instance);
  }
}
