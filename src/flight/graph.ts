/**
 * A graph of plain objects, arrays, maps and sets, cycles included, as one JSON value and back.
 * Identity is preserved: one object stays one object.
 */

/** One object of the graph; inner values are `Value`s. */
type Node =
  | { readonly o: Readonly<Record<string, Value>> }
  | { readonly a: readonly Value[] }
  | { readonly m: readonly (readonly [Value, Value])[] }
  | { readonly s: readonly Value[] };

/**
 * A JSON primitive, or what JSON lacks: `$` the object with this number, `$n` a bigint, `$x` a
 * constant.
 */
type Value =
  | string
  | number
  | boolean
  | null
  | { readonly $: number }
  | { readonly $n: string }
  | { readonly $x: 'undefined' | 'Infinity' | '-Infinity' | 'NaN' };

export interface Graph {
  readonly root: Value;
  readonly nodes: readonly Node[];
}

/** @throws TypeError for a function or a class instance */
export function encodeGraph(root: unknown): Graph {
  const numbers = new Map<object, number>();
  const found: object[] = [];
  const value = (one: unknown): Value => {
    switch (typeof one) {
      case 'string':
      case 'boolean':
        return one;
      case 'number':
        return Number.isFinite(one) ? one : { $x: String(one) as 'NaN' };
      case 'bigint':
        return { $n: String(one) };
      case 'undefined':
        return { $x: 'undefined' };
      case 'object': {
        if (one === null) return null;
        let number = numbers.get(one);
        if (number === undefined) {
          number = found.length;
          numbers.set(one, number);
          found.push(one);
        }
        return { $: number };
      }
      default:
        throw new TypeError(`a ${typeof one} cannot be written down`);
    }
  };
  const rootValue = value(root);
  const nodes: Node[] = [];
  // `found` grows during the loop; no recursion, however long the chains are.
  for (const one of found) nodes.push(encodeNode(one, value));
  return { root: rootValue, nodes };
}

function encodeNode(one: object, value: (inner: unknown) => Value): Node {
  if (Array.isArray(one)) return { a: one.map(value) };
  if (one instanceof Map) return { m: [...one].map(([k, v]) => [value(k), value(v)]) };
  if (one instanceof Set) return { s: [...one].map(value) };
  const shape = Object.getPrototypeOf(one);
  if (shape !== Object.prototype && shape !== null) {
    throw new TypeError(`a ${one.constructor.name} cannot be written down`);
  }
  return { o: Object.fromEntries(Object.entries(one).map(([k, v]) => [k, value(v)])) };
}

/** @throws Error when it is not a graph */
export function decodeGraph({ root, nodes }: Graph): unknown {
  const objects = nodes.map((node): object => {
    if ('a' in node) return [];
    if ('m' in node) return new Map();
    return 's' in node ? new Set() : {};
  });
  const value = (one: Value): unknown => {
    if (typeof one !== 'object' || one === null) return one;
    if ('$n' in one) return BigInt(one.$n);
    if ('$x' in one) return one.$x === 'undefined' ? undefined : Number(one.$x);
    const object = objects[one.$];
    if (object === undefined) throw new Error(`there is no object ${one.$}`);
    return object;
  };
  for (const [number, node] of nodes.entries()) fill(objects[number]!, node, value);
  return value(root);
}

function fill(object: object, node: Node, value: (one: Value) => unknown): void {
  if ('a' in node) for (const one of node.a) (object as unknown[]).push(value(one));
  else if ('m' in node) {
    for (const [k, v] of node.m) (object as Map<unknown, unknown>).set(value(k), value(v));
  } else if ('s' in node) for (const one of node.s) (object as Set<unknown>).add(value(one));
  else {
    for (const [k, v] of Object.entries(node.o)) (object as Record<string, unknown>)[k] = value(v);
  }
}

/** JSON of a tree of plain values, including bigints and non-finite numbers. */
export function toJson(tree: unknown): string {
  return JSON.stringify(tree, (_key, one) => {
    if (typeof one === 'bigint') return { $n: String(one) };
    return typeof one === 'number' && !Number.isFinite(one) ? { $x: String(one) } : one;
  });
}

/** The inverse of `toJson`. @throws SyntaxError */
export function fromJson(text: string): unknown {
  return JSON.parse(text, (_key, one) => {
    if (typeof one !== 'object' || one === null) return one;
    if (typeof one.$n === 'string') return BigInt(one.$n);
    return typeof one.$x === 'string' ? Number(one.$x) : one;
  });
}
