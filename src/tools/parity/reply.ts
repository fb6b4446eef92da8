/**
 * The bytes of replies as a tree and back to text that can be compared and read: bulk strings keep
 * their length unless a mask changed them, unordered lists can be sorted. Bytes that are no reply
 * stay as they are.
 */

/**
 * One reply. `head` is its first line without the type; aggregates have items, bulk strings a body.
 */
export interface Node {
  readonly type: string;
  readonly head: string;
  readonly body: string | null;
  readonly items: readonly Node[];
}

/** Replies of a stream, in order; `rest` is what could not be read. */
export interface Parsed {
  readonly nodes: readonly Node[];
  readonly rest: string;
}

const AGGREGATES = new Set(['*', '~', '>', '%']);

function parseOne(text: string, at: number): { node: Node; next: number } | null {
  const end = text.indexOf('\r\n', at);
  const type = text[at] ?? '';
  if (end < 0 || !/[-+:$*%~>_,=#(]/.test(type)) return null;
  const head = text.slice(at + 1, end);
  const next = end + 2;
  const size = Number(head);
  if ((type === '$' || type === '=') && size >= 0) {
    if (text.length < next + size + 2) return null;
    const body = text.slice(next, next + size);
    return { node: { type, head, body, items: [] }, next: next + size + 2 };
  }
  if (!AGGREGATES.has(type)) return { node: { type, head, body: null, items: [] }, next };
  const items: Node[] = [];
  let from = next;
  for (let left = type === '%' ? size * 2 : size; left > 0; left -= 1) {
    const item = parseOne(text, from);
    if (item === null) return null;
    items.push(item.node);
    from = item.next;
  }
  return { node: { type, head, body: null, items }, next: from };
}

export function parse(text: string): Parsed {
  const nodes: Node[] = [];
  let at = 0;
  while (at < text.length) {
    const one = parseOne(text, at);
    if (one === null) break;
    nodes.push(one.node);
    at = one.next;
  }
  return { nodes, rest: text.slice(at) };
}

export interface View {
  /**
   * What is shown instead of a text; `before` is the text of the item in front of it in its list.
   */
  readonly mask: (text: string, before: string | null) => string;
  /** Lists are shown in alphabetical order. */
  readonly sorted: boolean;
}

function show(node: Node, before: string | null, view: View): string {
  const { type, head, body, items } = node;
  if (body !== null) {
    const seen = view.mask(body, before);
    return `${type}${seen === body ? head : 'N'} ${seen}`;
  }
  if (items.length === 0) return `${type}${AGGREGATES.has(type) ? head : view.mask(head, before)}`;
  const texts = items.map((item, index) => show(item, items[index - 1]?.body ?? null, view));
  const indented = (text: string) => text.replace(/\n/g, '\n  ');
  const rows = type === '%' || isPairs(items) ? pairs(texts) : texts;
  if (view.sorted) rows.sort();
  return [`${type}${head}`, ...rows].map(indented).join('\n  ');
}

/**
 * A flat list whose every other item is a plain text is a map of RESP2: its pairs stay together.
 */
function isPairs(items: readonly Node[]): boolean {
  return (
    items.length % 2 === 0 &&
    items.every((item, index) => index % 2 === 1 || item.body !== null) &&
    items.some((item) => item.items.length > 0)
  );
}

function pairs(texts: readonly string[]): string[] {
  const rows: string[] = [];
  for (let index = 0; index < texts.length; index += 2) {
    rows.push(`${texts[index]} => ${texts[index + 1] ?? ''}`);
  }
  return rows;
}

/** All replies of a stream as text, one below the other. */
export function render(text: string, view: View): string {
  const { nodes, rest } = parse(text);
  const shown = nodes.map((node) => show(node, null, view));
  return [...shown, ...(rest === '' ? [] : [`?${view.mask(rest, null)}`])].join('\n');
}
