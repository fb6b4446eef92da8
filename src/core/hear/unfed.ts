/**
 * A replica whose link to a living master stays down: one log line says so, and whether their
 * versions explain it. Nothing is decided here, for a version text is no proof (versions.md,
 * reports of users).
 */
import type { Replica, Server } from '../model/state.ts';
import { log, type Turn } from '../model/turn.ts';

/**
 * A failed full synchronisation starts again after a second; one that is only slow shows
 * `master_sync_in_progress`.
 */
const PATIENCE_MS = 10_000;
/** Version (major, minor) from which on Redis writes this RDB version, and reads up to it. */
const REDIS_FORMATS = [
  [8, 6, 13],
  [7, 4, 12],
  [7, 2, 11],
  [7, 0, 10],
  [5, 0, 9],
] as const;
const OLDEST_FORMAT = 8;
/**
 * Valkey forked from Redis after 7.2; Valkey 9.1 too writes this to its replicas as long as the
 * keys allow it.
 */
const VALKEY_FORMAT = 11;

/** The replica's INFO was read. `following`: it names our master as its own. */
export function noteLink(turn: Turn, replica: Replica, following: boolean): void {
  if (!following || replica.masterLinkUp || replica.group.master.sDownSince !== null) {
    replica.unfedSince = null;
    replica.unfedSaid = false;
    return;
  }
  replica.unfedSince ??= turn.now;
  if (replica.unfedSaid || turn.now - replica.unfedSince < PATIENCE_MS) return;
  const { master } = replica.group;
  const why = unreadable(replica, master);
  if (why === null && replica.syncInProgress) return;
  replica.unfedSaid = true;
  const text = `Replica ${replica.key} has had no link to its master for ${PATIENCE_MS / 1000} s`;
  log(turn, 'warning', `${text}: ${why ?? 'its own log says why'}`);
}

/** Why the replica cannot read what the master sends; null when nothing suggests that. */
function unreadable(replica: Server, master: Server): string | null {
  const [reads, writes] = [formatOf(replica.software), formatOf(master.software)];
  if (reads === null || writes === null || writes <= reads) return null;
  return `it is ${replica.software} and does not read what its master, ${master.software}, sends`;
}

/** The RDB version that a server writes, and up to which it reads; null: unknown. */
function formatOf(software: string): number | null {
  const match = /^(Redis|Valkey) (\d+)\.(\d+)/.exec(software);
  if (match === null) return null;
  if (match[1] === 'Valkey') return VALKEY_FORMAT;
  const [major, minor] = [Number(match[2]), Number(match[3])];
  const row = REDIS_FORMATS.find(([a, b]) => major > a || (major === a && minor >= b));
  return row?.[2] ?? OLDEST_FORMAT;
}
