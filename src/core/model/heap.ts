/**
 * A binary heap of values by instant, for "what is due first". Entries are never removed early: the
 * owner checks on `pop` whether an entry is still valid.
 */
export interface Heap<T> {
  readonly items: { at: number; value: T }[];
}

export function createHeap<T>(): Heap<T> {
  return { items: [] };
}

export function pushHeap<T>(heap: Heap<T>, at: number, value: T): void {
  const items = heap.items;
  let i = items.length;
  items.push({ at, value });
  while (i > 0) {
    const parent = (i - 1) >> 1;
    if (items[parent]!.at <= at) break;
    [items[i], items[parent]] = [items[parent]!, items[i]!];
    i = parent;
  }
}

export function peekHeap<T>(heap: Heap<T>): { at: number; value: T } | undefined {
  return heap.items[0];
}

export function popHeap<T>(heap: Heap<T>): { at: number; value: T } | undefined {
  const items = heap.items;
  const top = items[0];
  const last = items.pop();
  if (top === undefined || last === undefined || items.length === 0) return top;
  items[0] = last;
  for (let i = 0; ; ) {
    const left = 2 * i + 1;
    if (left >= items.length) break;
    const right = left + 1;
    const child = right < items.length && items[right]!.at < items[left]!.at ? right : left;
    if (items[i]!.at <= items[child]!.at) break;
    [items[i], items[child]] = [items[child]!, items[i]!];
    i = child;
  }
  return top;
}
