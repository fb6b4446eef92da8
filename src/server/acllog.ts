/** ACL LOG: which requests were refused to whom, newest first (commands.md §9). */
import { type Dialect, LIMITS, type Reply } from '../core/index.ts';
import { bulk, integer, ownText } from './reply.ts';

export type Reason = 'command' | 'channel' | 'auth';

interface Refused {
  readonly id: number;
  readonly reason: Reason;
  readonly object: string;
  readonly user: string;
  /** Wall-clock ms. */
  readonly createdAt: number;
  updatedAt: number;
  count: number;
  client: string;
}

/** Similar entries within this time are merged. */
const MERGE_MS = 60_000;

export class AclLog {
  readonly #max: number;
  #entries: Refused[] = [];
  #nextId = 0;

  /** `max`: entries kept (`acllog-max-len`). */
  constructor(max: number) {
    this.#max = max;
  }

  /** `client`: the line of the refused client. Long texts are cut. */
  add(reason: Reason, ...texts: readonly [object: string, user: string, client: string]): void {
    const [object, user, client] = texts.map(beginning) as [string, string, string];
    const now = Date.now();
    const same = this.#entries.find(
      (entry) =>
        entry.reason === reason &&
        entry.object === object &&
        entry.user === user &&
        now - entry.updatedAt <= MERGE_MS,
    );
    if (same !== undefined) {
      same.count += 1;
      same.updatedAt = now;
      same.client = client;
      this.#entries = [same, ...this.#entries.filter((entry) => entry !== same)];
      return;
    }
    const id = this.#nextId;
    this.#nextId += 1;
    const entry = { id, reason, object, user, createdAt: now, updatedAt: now, count: 1, client };
    this.#entries = [entry, ...this.#entries].slice(0, this.#max);
  }

  reset(): void {
    this.#entries = [];
  }

  /** The newest `count` entries as maps. */
  show(count: number, dialect: Dialect): Reply {
    const now = Date.now();
    const items = this.#entries
      .slice(0, Math.max(count, 0))
      .map((entry) => map(entry, now, dialect));
    return { kind: 'array', items };
  }
}

function beginning(text: string): string {
  return text.length > LIMITS.aclLogBytes ? ownText(text.slice(0, LIMITS.aclLogBytes)) : text;
}

function map(entry: Refused, now: number, { aclLogDetails }: Dialect): Reply {
  const age = (now - entry.updatedAt) / 1000;
  const entries: [Reply, Reply][] = [
    [bulk('count'), integer(entry.count)],
    [bulk('reason'), bulk(entry.reason)],
    [bulk('context'), bulk('toplevel')],
    [bulk('object'), bulk(entry.object)],
    [bulk('username'), bulk(entry.user)],
    [bulk('age-seconds'), { kind: 'double', text: aclLogDetails ? String(age) : digits17(age) }],
    [bulk('client-info'), bulk(entry.client)],
  ];
  if (aclLogDetails) {
    entries.push(
      [bulk('entry-id'), integer(entry.id)],
      [bulk('timestamp-created'), integer(entry.createdAt)],
      [bulk('timestamp-last-updated'), integer(entry.updatedAt)],
    );
  }
  return { kind: 'map', entries };
}

/** As C prints `%.17g`, for ages: 0, or at least a thousandth. */
function digits17(value: number): string {
  const text = value.toPrecision(17);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
