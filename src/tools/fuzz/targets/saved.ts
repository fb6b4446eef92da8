/**
 * All that changes what is saved: what clients set, what peers and servers say, names that are
 * resolved.
 *
 * Promises: nothing throws; what changes the state is saved; the file written from it, read again,
 * is the same state, and has the directives it should have, whatever words were used; log lines and
 * events can be shown without a control character; scripts, peers and servers are told none.
 */
import { parseConfig, Rewriter } from '../../../config/index.ts';
import {
  type AddressConfig,
  blankConfig,
  blankGroup,
  configOf,
  createState,
  DIALECTS,
  defaultsOf,
  type Effect,
  GROUP_OPTION_ROWS,
  type GroupConfig,
  type Input,
  optionNames,
  type SentinelConfig,
  type State,
  shown,
  step,
} from '../../../core/index.ts';
import type { Dice } from '../../../core/model/random.ts';
import { checkUserRules } from '../../../server/index.ts';
import { below, NUMBERS, oneIn, pick, sampleText } from '../mutate.ts';
import { flaw, type Judge, type Sample, type Target, type Verdict } from '../target.ts';
import { directivesOf, strayLine, tamed, tameUsers } from './file.ts';
import { memoryIo } from './memory.ts';
import { GAP, ODD, oddWord } from './odd.ts';
import { checkReply, IDS, OWN_ID, written } from './rig.ts';

const GROUPS = ['mymaster', 'mymaster', 'mymaster', 'm2', 'm2', 'a b'];
const HOSTS = [
  '10.0.0.1',
  '10.0.0.2',
  '10.0.0.3',
  '::1',
  '2001:db8::7',
  'host-a',
  'HOST-B',
  '127.1',
];
const PORTS = ['6379', '6379', '6380', '26379', '0', '65536'];
const optionsWith = (numeric: boolean) =>
  GROUP_OPTION_ROWS.flatMap(([, row]) => ('initial' in row === numeric ? optionNames(row) : []));
const TEXT_OPTIONS = [...optionsWith(false), 'rename-command'];
const OPTIONS = [...optionsWith(true), 'quorum', ...TEXT_OPTIONS];
const VARIABLES = [
  ...['resolve-hostnames', 'announce-hostnames', 'announce-ip', 'announce-port', 'sentinel-user'],
  ...['sentinel-pass', 'loglevel'],
];
const TEXT_VARIABLES = ['announce-ip', 'sentinel-user', 'sentinel-pass'];
const WORDS: readonly string[] = [
  ...ODD,
  ...OPTIONS,
  ...VARIABLES,
  ...HOSTS,
  ...NUMBERS,
  ...[GAP, GAP, ',', 'yes', 'no', 'mymaster', '/bin/x', OWN_ID, 'slave0:ip=', '\r\nrole:slave\r\n'],
];

const word = oddWord;
const host = (dice: Dice) => (oneIn(dice, 6) ? word(dice) : pick(dice, HOSTS));
const port = (dice: Dice) => (oneIn(dice, 12) ? pick(dice, NUMBERS) : pick(dice, PORTS));
const group = (dice: Dice) => (oneIn(dice, 12) ? word(dice) : pick(dice, GROUPS));
const number = (dice: Dice) => (oneIn(dice, 4) ? pick(dice, NUMBERS) : String(below(dice, 9000)));

function setting(dice: Dice): string[] {
  const option = oneIn(dice, 2) ? pick(dice, TEXT_OPTIONS) : pick(dice, OPTIONS);
  if (option === 'rename-command')
    return [option, pick(dice, ['CONFIG', 'slaveof', word(dice)]), word(dice)];
  if (option.endsWith('script'))
    return [option, oneIn(dice, 4) ? word(dice) : `/bin/${word(dice)}`];
  return [option, TEXT_OPTIONS.includes(option) ? word(dice) : number(dice)];
}

function variable(dice: Dice): string[] {
  const name = oneIn(dice, 2) ? pick(dice, TEXT_VARIABLES) : pick(dice, VARIABLES);
  if (name.endsWith('names')) return [name, pick(dice, ['yes', 'no'])];
  if (name.endsWith('port')) return [name, port(dice)];
  return [name, name === 'loglevel' ? pick(dice, ['debug', 'notice', 'x']) : word(dice)];
}

function several(dice: Dice, make: (dice: Dice) => string[]): string[] {
  const words = make(dice);
  for (let left = below(dice, 3); left > 0; left--) words.push(...make(dice));
  return words;
}

function hello(dice: Dice): string {
  const id = oneIn(dice, 6) ? word(dice) : pick(dice, IDS);
  const peer = [host(dice), oneIn(dice, 8) ? port(dice) : '26379', id, String(5 + below(dice, 5))];
  return [...peer, group(dice), host(dice), port(dice), String(3 + below(dice, 5))].join(',');
}

function info(dice: Dice): string {
  const lines = [`run_id:${pick(dice, IDS)}`, `role:${pick(dice, ['master', 'slave'])}`];
  for (let left = below(dice, 4); left > 0; left--) {
    lines.push(`slave${left}:ip=${host(dice)},port=${port(dice)},state=online,offset=1,lag=0`);
  }
  if (oneIn(dice, 3)) lines.push(`master_host:${host(dice)}`, `master_port:${port(dice)}`);
  return lines.join('\r\n');
}

function deed(dice: Dice): string {
  switch (below(dice, 16)) {
    case 0:
    case 1:
      return ['monitor', group(dice), host(dice), port(dice), pick(dice, ['1', '2', '0'])].join(
        GAP,
      );
    case 2:
      return [pick(dice, ['remove', 'reset', 'failover']), group(dice)].join(GAP);
    case 3:
    case 4:
    case 5:
      return ['config', 'set', ...several(dice, variable)].join(GAP);
    case 6:
    case 7:
    case 8:
      return ['publish', hello(dice)].join(GAP);
    case 9:
    case 10:
      return ['info', info(dice)].join(GAP);
    case 11:
      return ['resolved', host(dice), host(dice)].join(GAP);
    default:
      return ['set', group(dice), ...several(dice, setting)].join(GAP);
  }
}

/**
 * How many words a subcommand must have and may have, as the table says; the server has counted
 * them.
 */
const ARITIES: Readonly<Record<string, readonly [number, number]>> = {
  monitor: [5, 5],
  remove: [2, 2],
  reset: [2, 2],
  failover: [2, 2],
  config: [3, 99],
  set: [4, 99],
};

function startGroup(name: string, host: string): GroupConfig {
  return {
    ...blankGroup({ name, host, port: 6379, quorum: 2 }),
    ...{ configEpoch: 3n, leaderEpoch: 4n, notificationScript: '/bin/notify' },
    replicas: [{ host: '10.0.0.2', port: 6379 }],
    sentinels: [{ host: '10.0.0.3', port: 26379, id: IDS[0]! }],
  };
}

/** Users that are written along: what a user's line may hold. */
const USERS = [
  'user default on nopass ~* &* +@all',
  'user bob\xe9 off ~a:b &x* (%R~k -@all +ping)',
];
const plain = parseConfig('', memoryIo());
const io = () => ({ ...memoryIo(), isExecutable: () => true, checkUserRules });
/** The groups that MONITOR may add in a round; every turn looks at each of them. */
const GROUPS_MAX = 6;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\x00-\x1f\x7f]/;

const LINE_MAX = 60_000;

/** Writing and reading a whole file costs as much as ten turns. */
const FILE_EVERY = 12;

class SavedJudge implements Judge {
  readonly #state: State;
  readonly #rewriter = new Rewriter();
  #text = '';
  #written: SentinelConfig;
  #now = 1000;
  #wakeAt = 1000;
  #request = 0;
  #answered = 0;

  constructor(dice: Dice) {
    const start: SentinelConfig = {
      ...blankConfig(),
      ...{ myId: OWN_ID, currentEpoch: 5n, denyScriptsReconfig: oneIn(dice, 4) },
      ...{ resolveHostnames: oneIn(dice, 2), announceHostnames: oneIn(dice, 2) },
      groups: [startGroup('mymaster', '10.0.0.1'), startGroup('m2', '2001:db8::1')],
    };
    this.#state = createState(
      start,
      {
        ...{ dialect: pick(dice, Object.values(DIALECTS)), port: 26379 },
        ...{ tlsPort: 0, tlsReplication: false, requirepass: null, logLevel: 'debug' },
        ...{ seed: `saved ${dice.a}`, isExecutable: () => true },
      },
      this.#now,
    );
    this.#written = configOf(this.#state);
    this.#turn({ type: 'start' }, dice);
  }

  judge({ text }: Sample, dice: Dice): Verdict {
    const words = text.split(GAP);
    const before = this.#written;
    const taken = this.#do(words, dice);
    this.#pass(dice);
    if (!taken) return 'refused';
    if (sameConfig(before, this.#written)) return 'partial';
    if (oneIn(dice, FILE_EVERY)) this.#checkFile();
    return 'accepted';
  }

  end(): void {
    this.#checkFile();
  }

  /** False when the words are none of those that can be tried. */
  #do(words: readonly string[], dice: Dice): boolean {
    const [verb = '', first = ''] = words;
    if (verb === 'publish') {
      this.#ask(['publish', '__sentinel__:hello', words.slice(1).join(GAP)], dice);
    } else if (verb === 'info') this.#inform(words.slice(1).join(GAP), dice);
    else if (verb === 'resolved') {
      const address = words[2] ?? null;
      this.#turn({ type: 'resolved', host: first.toLowerCase(), address }, dice);
    } else {
      const arity = Object.hasOwn(ARITIES, verb) ? ARITIES[verb]! : null;
      if (arity === null || words.length < arity[0] || words.length > arity[1]) return false;
      if (verb === 'monitor' && this.#state.groups.size >= GROUPS_MAX) return false;
      return this.#ask(['sentinel', ...words], dice);
    }
    return true;
  }

  /**
   * A client's request; false when the answer is an error. It may come later, when a name is
   * resolved.
   */
  #ask(argv: readonly string[], dice: Dice): boolean {
    const request = ++this.#request;
    let taken = true;
    for (const effect of this.#turn({ type: 'command', request, argv }, dice)) {
      if (effect.type !== 'answer' || effect.request !== request) continue;
      const { reply } = effect;
      if (reply.kind === 'error') taken = false;
      // Errors repeat what was said; nobody reads lines of more than that.
      const readable = reply.kind !== 'error' || reply.text.length < LINE_MAX;
      if (readable && this.#request % 16 === 0) checkReply(reply);
    }
    if (this.#answered > this.#request) flaw('more answers than requests');
    return taken;
  }

  /** As if INFO had just been asked for. */
  #inform(text: string, dice: Dice): void {
    const state = this.#state;
    const one = pick(dice, [...state.groups.values(), null]);
    const server =
      one === null || oneIn(dice, 3) ? [...(one?.replicas.values() ?? [])][0] : one.master;
    const command = server?.link.command;
    if (server === undefined || !command?.open) return;
    const token = state.nextToken++;
    command.pending.set(token, { kind: 'info', server });
    const reply = { kind: 'text', text } as const;
    this.#turn({ type: 'reply', connection: command.id, token, reply }, dice);
  }

  /** Lets a little time pass, and now and then resolves all names. */
  #pass(dice: Dice): void {
    if (!oneIn(dice, 8)) return;
    for (const [host, name] of this.#state.names) {
      if (!name.pending) continue;
      this.#turn({ type: 'resolved', host, address: pick(dice, [...HOSTS, null]) }, dice);
    }
    this.#now = Math.max(this.#now, Math.min(this.#wakeAt, this.#now + below(dice, 400)));
    this.#turn({ type: 'tick' }, dice);
  }

  /** Gives the core a fact; connections open, scripts end well, saves succeed, most of the time. */
  #turn(input: Input, dice: Dice): readonly Effect[] {
    const turn = step(this.#state, input, this.#now);
    this.#wakeAt = turn.wakeAt;
    const config = configOf(this.#state);
    if (turn.save === null && !mayChange(input) && !sameConfig(config, this.#written)) {
      // An address found for a name is taken when it is dialled: it needs no save of its own.
      const named = this.#state.names.size > 0;
      const [was, is] = [plainly(this.#written, named), plainly(config, named)];
      if (was !== is) flaw(`changed without a save: ${was} became ${is}`);
    }
    this.#written = config;
    for (const effect of turn.effects) this.#apply(effect, dice);
    if (turn.save !== null) {
      this.#turn({ type: 'saved', version: turn.save, ok: !oneIn(dice, 16) }, dice);
    }
    return turn.effects;
  }

  #apply(effect: Effect, dice: Dice): void {
    checkEffect(effect);
    if (effect.type === 'answer') this.#answered += 1;
    if (effect.type === 'connect' && oneIn(dice, 2)) {
      const { connection } = effect;
      this.#turn({ type: 'connected', connection, localAddress: '10.0.0.9' }, dice);
    }
    if (effect.type === 'runScript') {
      const exitCode = oneIn(dice, 4) ? 1 + below(dice, 2) : 0;
      this.#turn({ type: 'scriptEnded', job: effect.job, exitCode, signal: 0 }, dice);
    }
  }

  #checkFile(): void {
    const config = configOf(this.#state);
    const options = { users: USERS, defaults: defaultsOf(this.#state) };
    const text = this.#rewriter.rewrite(this.#text, plain.generic, config, options);
    const calm = { ...options, users: tameUsers(USERS.length) };
    // In an old file the places of lines have names, which the tamed ones are not.
    const fresh = new Rewriter().rewrite('', plain.generic, config, options);
    const expected = new Rewriter().rewrite('', plain.generic, tamed(config), calm);
    const stray = strayLine(directivesOf(fresh), directivesOf(expected));
    if (stray !== null) flaw(`in the file ${stray}`);
    const again = parseConfig(text, io());
    const [was, is] = [written(said(config)), written(said(again.sentinel))];
    if (was !== is) flaw(`after a restart ${was} is ${is}`);
    this.#text = text;
  }
}

/** Does it change what is saved, although there is nothing to save? */
function mayChange(input: Input): boolean {
  // What a name resolves to needs no save; a promotion that the disk did not take is taken back.
  return input.type === 'resolved' || (input.type === 'saved' && !input.ok);
}

/**
 * In words, without what nothing depends on: the order of members, or, where names are known, what
 * they mean.
 */
function plainly(config: SentinelConfig, named: boolean): string {
  const host = (one: AddressConfig) => (named ? '' : one.host);
  const members = <T extends AddressConfig>(list: readonly T[]) =>
    list.map((one) => written({ ...one, host: host(one) })).sort();
  const groups = config.groups.map((group) => ({
    ...group,
    host: host(group),
    replicas: members(group.replicas),
    sentinels: members(group.sentinels),
  }));
  return written({ ...config, groups });
}

/**
 * An address that is empty announces nothing: the same as none. A group that was removed and is
 * back before anything was saved finds its lines again, so the order of groups may be another.
 */
function said(config: SentinelConfig): SentinelConfig {
  const groups = [...config.groups].sort((one, other) => (one.name < other.name ? -1 : 1));
  return { ...config, groups, announceIp: config.announceIp || null };
}

function checkEffect(effect: Effect): void {
  switch (effect.type) {
    case 'event':
      return checkTexts('an event', [shown(effect.name), shown(effect.payload)]);
    case 'log':
      return checkTexts('a log line', [shown(effect.text)]);
    case 'runScript':
      return checkTexts('a script', effect.argv);
    case 'resolve':
      return checkTexts('a name', [effect.host]);
    case 'send':
      // Passwords may hold anything; they travel as words of their own.
      if (!/^auth$/i.test(effect.argv[0]!)) checkTexts('a server', effect.argv);
      return;
    default:
  }
}

function checkTexts(what: string, texts: readonly string[]): void {
  const bad = texts.find((text) => CONTROL.test(text));
  if (bad !== undefined) flaw(`control characters in ${what}: ${JSON.stringify(texts)}`);
}

/** The core hands out the same object for a group that has not changed. */
function sameConfig(a: SentinelConfig, b: SentinelConfig): boolean {
  return (
    a.currentEpoch === b.currentEpoch &&
    a.resolveHostnames === b.resolveHostnames &&
    a.announceHostnames === b.announceHostnames &&
    a.announceIp === b.announceIp &&
    a.announcePort === b.announcePort &&
    a.sentinelUser === b.sentinelUser &&
    a.sentinelPass === b.sentinelPass &&
    a.groups.length === b.groups.length &&
    a.groups.every((one, at) => one === b.groups[at])
  );
}

export const savedTarget: Target = {
  name: 'saved',
  // The words are odd enough: every other request is one.
  sample: (dice) => ({ text: oneIn(dice, 2) ? deed(dice) : sampleText(dice, deed, WORDS) }),
  begin: (dice) => new SavedJudge(dice),
};
