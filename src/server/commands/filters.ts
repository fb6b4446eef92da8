/** The client filters of CLIENT KILL and CLIENT LIST (commands.md §6.4) that a dialect has. */
import type { Reply } from '../../core/index.ts';
import type { Call } from '../call.ts';
import { flagsOf, localText } from '../clientline.ts';
import type { ClientContext } from '../context.ts';
import { failure, isInteger, lower, SYNTAX_ERROR } from '../reply.ts';

export type Filter = (session: ClientContext) => boolean;

const NO_ID = failure('ERR client-id should be greater than 0');
const DATABASES = 16;
/** All flags that CLIENT LIST may show. */
const FLAGS = /^[bcdeirtuxABEIMNOPRSTU]*$/;

const TYPES: Readonly<Record<string, Filter>> = {
  normal: (session) => session.type === 'normal',
  pubsub: (session) => session.type === 'pubsub',
  master: () => false,
  replica: () => false,
  slave: () => false,
};

/** Clients of a type. */
export function typeFilter({ server }: Call, text: string): Filter | Reply {
  const word = lower(text);
  if (word === 'primary' && server.config.dialect.primaryType) return TYPES.master!;
  const filter = Object.hasOwn(TYPES, word) ? TYPES[word] : undefined;
  return filter ?? failure(`ERR Unknown client type '${text}'`);
}

function seconds(name: string, value: string): number | Reply {
  if (!isInteger(value)) return failure(`ERR ${name} is not an integer or out of range`);
  return Number(value) > 0 ? Number(value) : failure(`ERR ${name} should be greater than 0`);
}

function since(
  name: string,
  value: string,
  clock: (session: ClientContext) => number,
): Filter | Reply {
  const least = seconds(name, value);
  if (typeof least !== 'number') return least;
  const now = performance.now();
  return (session) => now - clock(session) >= least * 1000;
}

/** Clients without a name match no value. */
const called =
  (value: string, name: (session: ClientContext) => string): Filter =>
  (session) =>
    value !== '' && name(session) === value;

/** For a negated filter, `option` begins with `not-`. */
type Maker = (call: Call, value: string, option: string) => Filter | Reply;

const place = (option: string) =>
  option.startsWith('not-') ? `${option.toUpperCase()} filter` : 'provided filter';

const MAKERS: Readonly<Record<string, Maker>> = {
  type: (call, value) => typeFilter(call, value),
  addr: (_, value) => (session) => session.address === value,
  laddr: (_, value) => (session) => localText(session) === value,
  user: ({ server }, value) =>
    server.users.get(value) === undefined
      ? failure(`ERR No such user '${value}'`)
      : (session) => session.user === value,
  maxage: (_, value) => since('maxage', value, ({ createdAt }) => createdAt),
  idle: (_, value) => since('idle', value, ({ lastSpokeAt }) => lastSpokeAt),
  flags: (_, value, option) => {
    if (!FLAGS.test(value)) {
      return failure(`ERR Unknown flags found in the ${place(option)}: ${value}`);
    }
    // A letter that is repeated a million times is searched once.
    const wanted = [...new Set(value)];
    return (session) => {
      const flags = flagsOf(session);
      return wanted.every((flag) => flags.includes(flag));
    };
  },
  // No client can announce capabilities here.
  capa: (_, value, option) =>
    /^r*$/.test(value)
      ? () => value === ''
      : failure(`ERR Unknown capa found in the ${place(option)}: ${value}`),
  name: (_, value) => called(value, ({ name }) => name),
  'lib-name': (_, value) => called(value, ({ libName }) => libName),
  'lib-ver': (_, value) => called(value, ({ libVersion }) => libVersion),
  ip: (_, value) => (session) => session.address.replace(/:\d+$/, '') === value,
  db: (_, value, option) => {
    const name = option === 'db' ? 'DB' : 'NOT-DB';
    if (!isInteger(value) || Math.abs(Number(value)) > 2 ** 31 - 1) {
      return failure(`ERR ${name} is not an integer or out of range`);
    }
    const database = Number(value);
    return database >= 0 && database < DATABASES
      ? () => database === 0
      : failure(`ERR ${name} number should be between 0 and ${DATABASES - 1}`);
  },
};

function make(call: Call, option: string, value: string): Filter | Reply {
  const opposite = option.startsWith('not-');
  const maker = MAKERS[opposite ? option.slice(4) : option]!;
  const filter = maker(call, value, option);
  if (typeof filter !== 'function' || !opposite) return filter;
  return (session) => !filter(session);
}

/** Collected ids: those given for one option form one filter. */
class Ids {
  readonly #numbers = new Map<string, Set<number>>();

  /**
   * Reads the one or many after the option at `at`. Returns the index of the next option, or the
   * error.
   */
  read(words: readonly string[], at: number, option: string, many: boolean): number | Reply {
    const numbers = this.#numbers.get(option) ?? new Set();
    this.#numbers.set(option, numbers);
    if (!many) {
      if (!/^[1-9]\d{0,17}$/.test(words[at + 1]!)) return NO_ID;
      numbers.clear();
      numbers.add(Number(words[at + 1]));
      return at + 2;
    }
    let next = at + 1;
    while (next < words.length && isInteger(words[next]!)) {
      const id = Number(words[next]);
      if (id <= 0) return NO_ID;
      numbers.add(id);
      next += 1;
    }
    return next === at + 1 ? SYNTAX_ERROR : next;
  }

  get filters(): Filter[] {
    return [...this.#numbers].map(([option, numbers]): Filter => {
      const opposite = option.startsWith('not-');
      return ({ id }) => numbers.has(id) !== opposite;
    });
  }
}

/**
 * Parses `option value …`. Of a repeated option the last applies, of ids all where several may
 * follow the option. `skipMe`: the default.
 */
export function readFilters(call: Call, words: readonly string[], skipMe: boolean): Filter | Reply {
  const { clientFilters, listFilters } = call.server.config.dialect;
  const filters = new Map<string, Filter>();
  const ids = new Ids();
  let spared = skipMe;
  for (let at = 0; at < words.length; ) {
    const option = lower(words[at]!);
    const value = words[at + 1];
    if (value === undefined) return SYNTAX_ERROR;
    if (option === 'skipme') {
      const word = lower(value);
      if (word !== 'yes' && word !== 'no') return SYNTAX_ERROR;
      spared = word === 'yes';
      at += 2;
    } else if (!clientFilters.has(option)) return SYNTAX_ERROR;
    else if (option === 'id' || option === 'not-id') {
      const next = ids.read(words, at, option, listFilters);
      if (typeof next !== 'number') return next;
      at = next;
    } else {
      const filter = make(call, option, value);
      if (typeof filter !== 'function') return filter;
      filters.set(option, filter);
      at += 2;
    }
  }
  const all = [...filters.values(), ...ids.filters];
  return (session) =>
    !(spared && session === call.session) && all.every((filter) => filter(session));
}

/** The ids; an error unless all are integers. CLIENT LIST without filters takes any number. */
export function idsOf(words: readonly string[]): number[] | Reply {
  return words.every((word) => isInteger(word))
    ? words.map(Number)
    : failure('ERR Invalid client ID');
}
