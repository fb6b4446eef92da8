/**
 * What clients see: instance maps and the `# Sentinel` section (commands.md §7.1, §10.2–10.3).
 *
 * Key order and the conditional keys are part of the interface; every value is text.
 */

import { isAttached } from '../failover/reconf.ts';
import { isDisconnected } from '../members/links.ts';
import type { Dialect } from '../model/dialect.ts';
import { GROUP_OPTION_ROWS } from '../model/groupoptions.ts';
import { announced } from '../model/names.ts';
import { runningScripts } from '../model/scripts.ts';
import type {
  Group,
  Instance,
  Link,
  Master,
  Peer,
  Replica,
  Server,
  State,
} from '../model/state.ts';
import type { Instant, Reply } from '../model/types.ts';

const bulk = (text: string | number | bigint): Reply => ({ kind: 'bulk', text: String(text) });

/** Whole ms since an instant; 0 for null. */
function age(now: Instant, at: Instant | null): number {
  return at === null ? 0 : Math.max(0, Math.round(now - at));
}

export function flags(dialect: Dialect, instance: Instance): string {
  const { group } = instance;
  const { failover } = group;
  const master = instance.kind === 'master' ? instance : null;
  const replica = instance.kind === 'replica' ? instance : null;
  const promoted =
    replica !== null &&
    failover !== null &&
    'promoted' in failover &&
    failover.promoted === replica;
  const all: [boolean, string][] = [
    [instance.sDownSince !== null, 's_down'],
    [master !== null && master.oDownSince !== null, 'o_down'],
    [master !== null, 'master'],
    [replica !== null, 'slave'],
    [instance.kind === 'sentinel', 'sentinel'],
    [isDisconnected(instance.link), 'disconnected'],
    [instance.kind === 'sentinel' && instance.ask.masterDown, 'master_down'],
    [master !== null && isSwitching(group), 'failover_in_progress'],
    [promoted, 'promoted'],
    [replica?.reconf?.state === 'sent', 'reconf_sent'],
    [replica?.reconf?.state === 'inprog', 'reconf_inprog'],
    [replica !== null && isAttached(replica), 'reconf_done'],
    [master !== null && isSwitching(group) && failover?.forced === true, 'force_failover'],
    [instance.scriptKillSent, 'script_kill_sent'],
    [dialect.rebootFlag && master !== null && master.rebootSince !== null, 'master_reboot'],
  ];
  return all
    .filter(([on]) => on)
    .map(([, word]) => word)
    .join(',');
}

/**
 * Once the new master is announced it may be used: the rest of the failover concerns only the
 * replicas.
 */
function isSwitching({ failover }: Group): boolean {
  return failover !== null && failover.state !== 'reconf_slaves';
}

function pendingCommands(link: Link): number {
  return (link.command?.pending.size ?? 0) + (link.pubsub?.pending.size ?? 0);
}

export function instanceMap(state: State, now: Instant, instance: Instance): Reply {
  const { link, group } = instance;
  const fields: [string, string | number | bigint][] = [
    ['name', nameOf(instance)],
    ['ip', announced(state, instance.address)],
    ['port', instance.address.port],
    ['runid', instance.runId],
    ['flags', flags(state.surroundings.dialect, instance)],
    ['link-pending-commands', pendingCommands(link)],
    ['link-refcount', link.owners.size],
  ];
  if (instance.kind === 'master' && group.failover !== null) {
    fields.push(['failover-state', group.failover.state]);
  }
  fields.push(
    ['last-ping-sent', age(now, link.unansweredSince)],
    ['last-ok-ping-reply', age(now, link.lastOkAt)],
    ['last-ping-reply', age(now, link.lastReplyAt)],
  );
  if (instance.sDownSince !== null) fields.push(['s-down-time', age(now, instance.sDownSince)]);
  if (instance.kind === 'master' && instance.oDownSince !== null) {
    fields.push(['o-down-time', age(now, instance.oDownSince)]);
  }
  fields.push(['down-after-milliseconds', group.downAfter]);
  if (instance.kind !== 'sentinel') fields.push(...serverFields(now, instance));
  if (instance.kind === 'master') fields.push(...masterFields(instance));
  if (instance.kind === 'replica') fields.push(...replicaFields(instance));
  if (instance.kind === 'sentinel') fields.push(...peerFields(now, instance));
  return { kind: 'map', entries: fields.map(([key, value]) => [bulk(key), bulk(value)]) };
}

function nameOf(instance: Instance): string {
  if (instance.kind === 'master') return instance.group.name;
  return instance.kind === 'replica' ? instance.key : instance.id;
}

type Fields = [string, string | number | bigint][];

function serverFields(now: Instant, server: Server): Fields {
  return [
    ['info-refresh', age(now, server.infoAt)],
    ['role-reported', server.role],
    ['role-reported-time', age(now, server.roleSince)],
  ];
}

function masterFields({ group }: Master): Fields {
  const fields: Fields = [
    ['config-epoch', BigInt.asIntN(64, group.configEpoch)],
    ['num-slaves', group.replicas.size],
    ['num-other-sentinels', group.peers.size],
    ['quorum', group.quorum],
  ];
  for (const [field, { name, shown }] of GROUP_OPTION_ROWS) {
    const value = group[field];
    if (shown === 'always' || (shown === 'set' && value)) fields.push([name, value ?? '']);
  }
  return fields;
}

function replicaFields(replica: Replica): Fields {
  return [
    ['master-link-down-time', replica.masterLinkDownTime],
    ['master-link-status', replica.masterLinkUp ? 'ok' : 'err'],
    ['master-host', replica.masterHost ?? '?'],
    ['master-port', replica.masterPort],
    ['slave-priority', replica.priority],
    ['slave-repl-offset', replica.offset],
    ['replica-announced', replica.announced ? 1 : 0],
  ];
}

function peerFields(now: Instant, peer: Peer): Fields {
  const { vote } = peer.ask;
  return [
    ['last-hello-message', age(now, peer.lastHelloAt)],
    ['voted-leader', vote?.leader ?? '?'],
    ['voted-leader-epoch', BigInt.asIntN(64, vote?.epoch ?? 0n)],
  ];
}

function status({ master }: Group): string {
  if (master.oDownSince !== null) return 'odown';
  return master.sDownSince !== null ? 'sdown' : 'ok';
}

/** The text of `INFO sentinel`. */
export function infoSection(state: State, now: Instant): string {
  const { scripts, simulate, tiltSince } = state;
  const mask = (simulate.crashAfterElection ? 1 : 0) + (simulate.crashAfterPromotion ? 2 : 0);
  const lines = [
    '# Sentinel',
    `sentinel_masters:${state.groups.size}`,
    `sentinel_tilt:${tiltSince === null ? 0 : 1}`,
    `sentinel_tilt_since_seconds:${tiltSince === null ? -1 : Math.floor((now - tiltSince) / 1000)}`,
    ...(state.surroundings.dialect.totalTilt ? [`sentinel_total_tilt:${state.tiltTotal}`] : []),
    `sentinel_running_scripts:${runningScripts(scripts)}`,
    `sentinel_scripts_queue_length:${scripts.jobs.length}`,
    `sentinel_simulate_failure_flags:${mask}`,
  ];
  let index = 0;
  for (const group of state.groups.values()) {
    const { address } = group.master;
    lines.push(
      `master${index}:name=${group.name},status=${status(group)},` +
        `address=${announced(state, address)}:${address.port},` +
        `slaves=${group.replicas.size},sentinels=${group.peers.size + 1}`,
    );
    index += 1;
  }
  return lines.map((line) => `${line}\r\n`).join('');
}
