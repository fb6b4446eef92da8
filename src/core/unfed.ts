/**
 * A replica whose link to a living master stays down: one line in the log that says so, and whether the versions of the
 * two explain it. Nothing is decided here, for a version text is no proof (versions.md, reports of users).
 */
import type { InfoFacts } from './info.ts';
import type { Replica, Server } from './state.ts';
import { log, type Work } from './work.ts';

/** A full copy that fails is begun anew after a second; one that is only slow shows `master_sync_in_progress`. */
const PATIENCE_MS = 10_000;
/** RDB version that a Redis of this version or later writes, and up to which it reads. */
const REDIS_FORMATS = [
  [8, 6, 13],
  [7, 4, 12],
  [7, 2, 11],
  [7, 0, 10],
  [5, 0, 9],
] as const;
const OLDEST_FORMAT = 8;
/** Valkey 8 is Redis 7.2 in this; Valkey 9 reads that, and writes a format of its own, which no Redis reads. */
const VALKEY_8 = { writes: 11, reads: [11] };
const VALKEY_9 = { writes: 80, reads: [11, 80] };

/** The replica's INFO was read. `following`: it names our master, which is one. */
export function noteLink(work: Work, replica: Replica, facts: InfoFacts, following: boolean) {
  if (!following || replica.masterLinkUp || replica.group.master.sDownSince !== null) {
    replica.unfedSince = null;
    replica.unfedSaid = false;
    return;
  }
  replica.unfedSince ??= work.now;
  if (replica.unfedSaid || work.now - replica.unfedSince < PATIENCE_MS) return;
  const { master } = replica.group;
  const why = unreadable(replica, master);
  if (why === null && facts.syncInProgress) return;
  replica.unfedSaid = true;
  const text = `Replica ${replica.key} has had no link to its master for ${PATIENCE_MS / 1000} s`;
  log(work, 'warning', `${text}: ${why ?? 'its own log says why'}`);
}

/** Why the one does not understand what the other sends; null when nothing speaks for that. */
function unreadable(replica: Server, master: Server): string | null {
  const [reader, writer] = [formatsOf(replica.software), formatsOf(master.software)];
  if (reader === null || writer === null) return null;
  // Of each product up to its own: 80 is not the successor of 11.
  const { writes } = writer;
  const product = reader.reads.find((last) => last >= 80 === writes >= 80);
  if (product !== undefined && writes <= product) return null;
  return `it is ${replica.software} and does not read what its master, ${master.software}, sends`;
}

/** What a server writes, and up to which version of each product's formats it reads. */
function formatsOf(software: string): { writes: number; reads: readonly number[] } | null {
  const match = /^(Redis|Valkey) (\d+)\.(\d+)/.exec(software);
  if (match === null) return null;
  const [major, minor] = [Number(match[2]), Number(match[3])];
  if (match[1] === 'Valkey') return major < 9 ? VALKEY_8 : VALKEY_9;
  const row = REDIS_FORMATS.find(([a, b]) => major > a || (major === a && minor >= b));
  const own = row?.[2] ?? OLDEST_FORMAT;
  return { writes: own, reads: [own] };
}
