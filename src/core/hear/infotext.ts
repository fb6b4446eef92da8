/**
 * Parses INFO text to facts (monitoring.md §8.1–8.2), without state: lines are matched by prefix,
 * replica-only lines count only after `role:slave` in the same text, unknown lines are ignored.
 */

import { LIMITS } from '../model/limits.ts';
import { admits } from '../model/text.ts';

export interface InfoFacts {
  runId: string | null;
  role: 'master' | 'slave' | null;
  replicas: { host: string; port: number }[];
  /** ms; 0 when the line is absent, negative when the link was never up. */
  masterLinkDownTime: number;
  masterHost: string | null;
  masterPort: number | null;
  masterLinkUp: boolean | null;
  syncInProgress: boolean;
  priority: number | null;
  offset: bigint | null;
  announced: boolean | null;
  loading: boolean;
  replid: string | null;
  replid2: string | null;
  /** null: the server does not know FAILOVER. */
  failoverState: string | null;
  /** `Redis 7.0.15`, `Valkey 9.1.2`; null when INFO does not tell. */
  software: string | null;
}

/** Replica lines read: more than a group can have, so that exceeding its limit is noticed. */
const REPLICAS_MAX = 2 * LIMITS.replicas;
/** Larger numbers are cut down to this: still exact when converted to milliseconds. */
const NUMBER_MAX = Math.floor(Number.MAX_SAFE_INTEGER / 1000);

/** A copy of the text: a slice would keep the whole INFO text in memory for as long as it lives. */
function ownText(text: string): string {
  return text.split('').join('');
}

/** A version as a server writes it: its first two or three numbers. */
function software(product: string, value: string): string | null {
  const match = /^\d{1,4}\.\d{1,4}(\.\d{1,4})?/.exec(value);
  return match === null ? null : ownText(`${product} ${match[0]}`);
}

function leadingInteger(text: string): number {
  const match = /^\s*([+-]?\d+)/.exec(text);
  if (match === null) return 0;
  return Math.max(-NUMBER_MAX, Math.min(NUMBER_MAX, Number(match[1])));
}

function unsigned(text: string): bigint {
  const match = /^\s*\+?(\d{1,20})/.exec(text);
  return match === null ? 0n : BigInt.asUintN(64, BigInt(match[1]!));
}

/**
 * An id of a replication history; null for the zeros that stand for none, and for anything else.
 */
function historyId(value: string): string | null {
  return /^[0-9a-f]{40}$/.test(value) && /[^0]/.test(value) ? ownText(value) : null;
}

/** `slave0:ip=…,port=…,…` or the old `slave0:10.0.0.5,6380,online`. */
function replicaLine(line: string): { host: string; port: number } | null {
  // The second connection of a replica that has a line already (Valkey's dual channel).
  if (line.includes(',type=rdb-channel')) return null;
  if (line.includes('ip=')) {
    const ip = /ip=([^,]*),/.exec(line);
    const port = /port=([^,]*),/.exec(line);
    return ip === null || port === null ? null : { host: ip[1]!, port: leadingInteger(port[1]!) };
  }
  const colon = line.indexOf(':');
  const fields = line.slice(colon + 1).split(',');
  if (colon < 0 || fields.length < 3) return null;
  return { host: fields[0]!, port: leadingInteger(fields[1]!) };
}

/**
 * Reads one reply. `isMaster`: our record of the server is a master, so its replica lines count.
 */
export function readInfo(text: string, isMaster: boolean): InfoFacts {
  const facts: InfoFacts = {
    runId: null,
    role: null,
    replicas: [],
    masterLinkDownTime: 0,
    masterHost: null,
    masterPort: null,
    masterLinkUp: null,
    syncInProgress: false,
    priority: null,
    offset: null,
    announced: null,
    loading: false,
    replid: null,
    replid2: null,
    failoverState: null,
    software: null,
  };
  for (let from = 0; from <= text.length; ) {
    const end = text.indexOf('\r\n', from);
    const to = end < 0 ? text.length : end;
    readLine(facts, text.slice(from, to), isMaster);
    from = to + 2;
  }
  return facts;
}

function readLine(facts: InfoFacts, line: string, isMaster: boolean): void {
  const colon = line.indexOf(':');
  if (colon < 0) return;
  const name = line.slice(0, colon);
  const value = line.slice(colon + 1);
  switch (name) {
    case 'run_id':
      if (value.length >= 40 && admits('candidate', value.slice(0, 40))) {
        facts.runId = ownText(value.slice(0, 40));
      }
      return;
    case 'redis_version':
      facts.software ??= software('Redis', value);
      return;
    case 'valkey_version':
      facts.software = software('Valkey', value);
      return;
    case 'loading':
      facts.loading = leadingInteger(value) !== 0;
      return;
    case 'master_replid':
      facts.replid = historyId(value);
      return;
    case 'master_replid2':
      facts.replid2 = historyId(value);
      return;
    case 'role':
      if (value.startsWith('master')) facts.role = 'master';
      else if (value.startsWith('slave')) facts.role = 'slave';
      return;
    case 'master_link_down_since_seconds':
      facts.masterLinkDownTime = leadingInteger(value) * 1000;
      return;
    case 'master_failover_state':
      facts.failoverState = value === 'no-failover' ? 'no-failover' : 'failover';
      return;
    default:
  }
  if (isMaster && name.startsWith('slave') && /^slave\d/.test(name)) {
    const replica = replicaLine(line);
    if (replica === null || facts.replicas.length >= REPLICAS_MAX) return;
    if (admits('host', replica.host))
      facts.replicas.push({ ...replica, host: ownText(replica.host) });
    return;
  }
  if (facts.role === 'slave') readReplicaLine(facts, name, value);
}

function readReplicaLine(facts: InfoFacts, name: string, value: string): void {
  switch (name) {
    case 'master_host':
      if (admits('host', value)) facts.masterHost = ownText(value);
      return;
    case 'master_port':
      facts.masterPort = leadingInteger(value);
      return;
    case 'master_link_status':
      facts.masterLinkUp = value.toLowerCase() === 'up';
      return;
    case 'master_sync_in_progress':
      facts.syncInProgress = leadingInteger(value) !== 0;
      return;
    case 'slave_priority':
      facts.priority = leadingInteger(value);
      return;
    case 'slave_repl_offset':
      facts.offset = unsigned(value);
      return;
    case 'replica_announced':
      facts.announced = leadingInteger(value) !== 0;
      return;
    default:
  }
}
