/**
 * RESP answers as plain values, and a reader that takes them from a stream of bytes. Strings are
 * byte strings.
 */

/** An error answer of a server; `message` is its whole text without the leading `-`. */
export class AnswerError extends Error {
  override name = 'AnswerError';
}

/** Text, number, null, error (inside arrays) or a list; RESP3 maps, sets and pushes are lists. */
export type Answer = string | number | null | boolean | AnswerError | readonly Answer[];

interface Parsed {
  readonly value: Answer;
  readonly next: number;
  readonly push: boolean;
}

const MULTIPLES: Readonly<Record<string, number>> = { '*': 1, '~': 1, '>': 1, '%': 2 };

/** Parses one answer of `text` from `at`; null when its end has not arrived yet. */
function parse(text: string, at: number): Parsed | null {
  const end = text.indexOf('\r\n', at);
  if (end < 0) return null;
  const type = text[at] ?? '';
  const head = text.slice(at + 1, end);
  const next = end + 2;
  const done = (value: Answer): Parsed => ({ value, next, push: false });
  switch (type) {
    case '+':
    case ',':
    case '(':
      return done(head);
    case '-':
      return done(new AnswerError(head));
    case ':':
      return done(Number(head));
    case '_':
      return done(null);
    case '#':
      return done(head === 't');
    case '$':
    case '=': {
      const length = Number(head);
      if (length < 0) return done(null);
      if (text.length < next + length + 2) return null;
      const body = text.slice(next, next + length);
      return { value: type === '=' ? body.slice(4) : body, next: next + length + 2, push: false };
    }
    default:
      return parseList(text, type, head, next);
  }
}

function parseList(text: string, type: string, head: string, from: number): Parsed | null {
  const factor = MULTIPLES[type];
  if (factor === undefined) throw new Error(`not an answer: ${JSON.stringify(type + head)}`);
  const count = Number(head) * factor;
  if (count < 0) return { value: null, next: from, push: false };
  const items: Answer[] = [];
  let next = from;
  for (let index = 0; index < count; index += 1) {
    const item = parse(text, next);
    if (item === null) return null;
    items.push(item.value);
    next = item.next;
  }
  return { value: items, next, push: type === '>' };
}

/** Collects bytes and gives complete answers back in order. */
export class AnswerReader {
  #text = '';

  /** Adds bytes and returns the answers that are complete now. */
  feed(bytes: Buffer): { readonly value: Answer; readonly push: boolean }[] {
    this.#text += bytes.toString('latin1');
    const answers: { value: Answer; push: boolean }[] = [];
    let at = 0;
    for (;;) {
      const parsed = at < this.#text.length ? parse(this.#text, at) : null;
      if (parsed === null) break;
      answers.push({ value: parsed.value, push: parsed.push });
      at = parsed.next;
    }
    this.#text = this.#text.slice(at);
    return answers;
  }
}

/** A command as the bytes of a RESP array of bulk strings. */
export function encode(argv: readonly (string | number)[]): Buffer {
  const parts = argv.map((word) => {
    const text = String(word);
    return `$${text.length}\r\n${text}\r\n`;
  });
  return Buffer.from(`*${argv.length}\r\n${parts.join('')}`, 'latin1');
}

/** A flat list of keys and values (what SENTINEL MASTER and the like answer) as a record. */
export function fields(answer: Answer | undefined): Record<string, string> {
  const record: Record<string, string> = {};
  if (!Array.isArray(answer)) return record;
  for (let index = 0; index + 1 < answer.length; index += 2) {
    record[String(answer[index])] = String(answer[index + 1]);
  }
  return record;
}

/** A list of such lists (SENTINEL REPLICAS, SENTINELS, MASTERS). */
export function rows(answer: Answer | undefined): Record<string, string>[] {
  return Array.isArray(answer) ? answer.map((row) => fields(row)) : [];
}

/** The `key:value` lines of an INFO text as a record. */
export function infoFields(text: string): Record<string, string> {
  const record: Record<string, string> = {};
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('#')) record[line.slice(0, colon)] = line.slice(colon + 1);
  }
  return record;
}
