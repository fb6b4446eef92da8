/**
 * The fields of an event, parsed from its payload as clients do (events.md §2), for the log in
 * JSON. What a payload does not contain is left out.
 */

/** `role`: Redis's terms. Addresses: `ip:port`. */
export interface EventFields {
  readonly event: string;
  readonly group?: string;
  readonly role?: 'master' | 'slave' | 'sentinel';
  /** Of the instance that the event is about. */
  readonly address?: string;
  /** Run id of the Sentinel concerned, or of the one voted for. */
  readonly id?: string;
  /**
   * Of the group's master, if the event is about another instance; of the old master in
   * `+switch-master`.
   */
  readonly master?: string;
  /** Of the new master in `+switch-master`. */
  readonly newMaster?: string;
  readonly epoch?: number;
  /** The rest after the addresses. */
  readonly details?: string;
}

/** Byte strings in, text out. */
export function eventFields(name: string, payload: string): EventFields {
  const words = utf8(payload).split(' ');
  return { event: utf8(name), ...fieldsOf(name, words) };
}

function fieldsOf(name: string, words: readonly string[]): Partial<EventFields> {
  const [first = '', second = '', third = '', fourth = '', fifth = ''] = words;
  switch (name) {
    case '+new-epoch':
      return epochOf(first);
    case '+vote-for-leader':
      return { id: first, ...epochOf(second) };
    case '+switch-master':
      return { group: first, master: `${second}:${third}`, newMaster: `${fourth}:${fifth}` };
    default:
      return instanceOf(words);
  }
}

/** `<type> <name> <ip> <port> [@ <group> <ip> <port>] [details]` */
function instanceOf(words: readonly string[]): Partial<EventFields> {
  const [role, name = '', ip, port, at, group, masterIp, masterPort] = words;
  if (role !== 'master' && role !== 'slave' && role !== 'sentinel') return detailsOf(words);
  if (port === undefined) return detailsOf(words);
  const address = `${ip}:${port}`;
  if (role === 'master') return { group: name, role, address, ...detailsOf(words.slice(4)) };
  if (at !== '@' || masterPort === undefined) return detailsOf(words);
  const id = role === 'sentinel' ? { id: name } : {};
  const master = `${masterIp}:${masterPort}`;
  return { group: group ?? '', role, address, ...id, master, ...detailsOf(words.slice(8)) };
}

function detailsOf(words: readonly string[]): Partial<EventFields> {
  const details = words.join(' ');
  return details === '' ? {} : { details };
}

/** Epochs too large for exact JSON numbers are left to the message. */
function epochOf(word: string): Partial<EventFields> {
  const epoch = Number(word);
  return Number.isSafeInteger(epoch) ? { epoch } : {};
}

function utf8(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}
