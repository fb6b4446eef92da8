/**
 * Removes the secrets from a recording, so that a replay still decides the same: each becomes a
 * placeholder, equal ones the same. No decision depends on what a password is, only on whether
 * there is one.
 *
 * They occur in known places and only there: searching for their texts would hit innocent ones.
 */
import { type Effect, type Input, LIMITS, type Reply, shown } from '../core/index.ts';
import type { RecordedOutput, RecordedTurn, Recording, Snapshot, Stream } from './record.ts';
import { judgeArguments } from './requests.ts';

type Command = Extract<Input, { type: 'command' }>;

/** An argument as an error repeats it, and its replacement. */
type Stray = readonly [word: string, hidden: string];

/** A shorter text is not a secret, but part of many texts. */
const REPEATED_MIN = 4;

/** The recording without secrets; entries are masked on demand. Changes the snapshot in place. */
export function withoutSecrets({ header, snapshot, entries }: Recording): Stream {
  const mask = new Mask(snapshot);
  return { header, snapshot, entries: mask.entries(entries) };
}

class Mask {
  readonly #placeholders = new Map<string, string>();
  /** Names that AUTH has on some server. */
  readonly #authWords = new Set(['AUTH']);
  readonly #groups = new Set<string>();
  /** Hidden arguments that the answer to a request may repeat. */
  readonly #strays = new Map<number, readonly Stray[]>();
  /** AUTH requests to servers, as `connection token`. */
  readonly #logins = new Set<string>();

  constructor(snapshot: Snapshot) {
    this.#snapshot(snapshot);
  }

  *entries(entries: Iterable<RecordedTurn>): Generator<RecordedTurn> {
    for (const entry of entries) {
      const input = this.#input(entry.input);
      yield { ...entry, input, outcome: this.#outcome(entry.outcome) };
    }
  }

  /**
   * Empty means none. A text with bytes that are not allowed everywhere gets a placeholder with
   * such bytes.
   */
  #hide(secret: string): string {
    if (secret === '') return '';
    let placeholder = this.#placeholders.get(secret);
    if (placeholder === undefined) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
      const control = /[\x00-\x1f\x7f]/.test(secret) ? '\x01' : '';
      placeholder = `(secret ${this.#placeholders.size + 1})${control}`;
      // A text over the length limit gets a placeholder over it.
      if (secret.length > LIMITS.valueBytes)
        placeholder = placeholder.padEnd(LIMITS.valueBytes + 1, '.');
      this.#placeholders.set(secret, placeholder);
    }
    return placeholder;
  }

  #snapshot(snapshot: Snapshot): void {
    const own = snapshot.surroundings as { requirepass: string | null; seed: string };
    own.seed = '';
    if (own.requirepass !== null) own.requirepass = this.#hide(own.requirepass);
    if (snapshot.sentinelPass !== null) snapshot.sentinelPass = this.#hide(snapshot.sentinelPass);
    for (const group of snapshot.groups.values()) {
      this.#groups.add(group.name);
      if (group.authPass !== null) group.authPass = this.#hide(group.authPass);
      for (const { command, renamed } of group.renames) this.#noteRename(command, renamed);
    }
    for (const [connection, { pending }] of snapshot.connections) {
      for (const [token, { kind }] of pending) {
        if (kind === 'auth') this.#logins.add(`${connection} ${token}`);
      }
    }
    for (const { parked } of snapshot.names.values()) {
      for (const [index, one] of parked.entries()) {
        if (one.kind === 'input') parked[index] = { ...one, input: this.#input(one.input) };
      }
    }
  }

  #noteRename(command: string, renamed: string): void {
    if (command.toLowerCase() === 'auth') this.#authWords.add(renamed);
  }

  #input(input: Input): Input {
    if (input.type === 'reply') return this.#answered(input);
    if (input.type === 'refused') return { ...input, reason: this.#withoutKnown(input.reason) };
    return input.type === 'command' ? this.#request(input) : input;
  }

  #request(input: Command): Command {
    const { argv, request } = input;
    const [name, word, group = ''] = argv;
    if (name === 'sentinel' && word === 'monitor') this.#groups.add(group);
    if (name === 'sentinel' && word === 'set') this.#noteRenames(argv);
    const verdicts = judgeArguments(argv, (one) => this.#groups.has(one));
    if (!verdicts.some((verdict) => verdict !== 'shown')) return input;
    const strays: Stray[] = [];
    const words = argv.map((one, i) => {
      if (verdicts[i] === 'shown') return one;
      const hidden = this.#hide(one);
      if (verdicts[i] === 'stray') strays.push([`'${one}'`, `'${hidden}'`]);
      return hidden;
    });
    if (strays.length > 0) this.#strays.set(request, strays);
    return { ...input, argv: words };
  }

  #noteRenames(argv: readonly string[]): void {
    for (const [i, word] of argv.entries()) {
      if (word.toLowerCase() === 'rename-command') {
        this.#noteRename(argv[i + 1] ?? '', argv[i + 2] ?? '');
      }
    }
  }

  /** A server that refuses a password may repeat it. */
  #answered(input: Extract<Input, { type: 'reply' }>): Input {
    const { connection, token, reply } = input;
    if (!this.#logins.delete(`${connection} ${token}`) || reply.kind !== 'error') return input;
    return { ...input, reply: { kind: 'error', text: this.#withoutKnown(reply.text) } };
  }

  /** A server's error without the secrets in it; the code before it has to stay readable. */
  #withoutKnown(text: string, inEvent = false): string {
    const end = /^[A-Z]+(?= |$)/.exec(text)?.[0].length ?? 0;
    let rest = text.slice(end);
    for (const [secret, placeholder] of this.#placeholders) {
      if (secret.length < REPEATED_MIN) continue;
      const put = inEvent ? shown(placeholder) : placeholder;
      for (const form of [secret, shown(secret)]) rest = rest.replaceAll(form, put);
    }
    return text.slice(0, end) + rest;
  }

  #outcome(outcome: RecordedOutput): RecordedOutput {
    if (!('effects' in outcome)) return outcome;
    return { ...outcome, effects: outcome.effects.map((effect) => this.#effect(effect)) };
  }

  #effect(effect: Effect): Effect {
    switch (effect.type) {
      case 'answer':
        return { ...effect, reply: this.#reply(effect.reply, effect.request) };
      case 'send':
        return this.#authWords.has(effect.argv[0]!) ? this.#login(effect) : effect;
      case 'event':
        return effect.name === '-auth-error' ? this.#refusal(effect) : effect;
      default:
        return effect;
    }
  }

  #login(effect: Extract<Effect, { type: 'send' }>): Effect {
    this.#logins.add(`${effect.connection} ${effect.token}`);
    const last = effect.argv.length - 1;
    const argv = effect.argv.map((word, i) => (i === last && i > 0 ? this.#hide(word) : word));
    return { ...effect, argv };
  }

  /** The server's text follows the instance. */
  #refusal(effect: Extract<Effect, { type: 'event' }>): Effect {
    const at = effect.payload.indexOf(' #') + 2;
    if (at < 2) return effect;
    const payload =
      effect.payload.slice(0, at) + this.#withoutKnown(effect.payload.slice(at), true);
    return { ...effect, payload };
  }

  /** SENTINEL CONFIG GET shows the password for peers; errors repeat unknown arguments. */
  #reply(reply: Reply, request: number): Reply {
    const strays = this.#strays.get(request);
    this.#strays.delete(request);
    if (reply.kind === 'error' && strays !== undefined) {
      const text = strays.reduce(
        (left, [word, hidden]) => left.replace(word, () => hidden),
        reply.text,
      );
      return { ...reply, text };
    }
    if (reply.kind !== 'map') return reply;
    const entries = reply.entries.map((entry) => {
      const [name, value] = entry;
      const secret = name.kind === 'bulk' && name.text === 'sentinel-pass' && value.kind === 'bulk';
      return secret ? ([name, { ...value, text: this.#hide(value.text) }] as const) : entry;
    });
    return { ...reply, entries };
  }
}
