/**
 * Takes the secrets out of a recording, so that a replay still decides the same: each becomes a placeholder, equal ones
 * the same. No decision depends on what a password is, only on whether there is one.
 *
 * They stand at known places and only there: searching for their texts would hit innocent words.
 */
import type { Effect, Input, Reply } from '../core/index.ts';
import type { Entry, Outcome, Recording, Snapshot, Stream } from './record.ts';

/** The recording without secrets, its entries being masked as they are taken. Changes the snapshot in place. */
export function withoutSecrets({ header, snapshot, entries }: Recording): Stream {
  const mask = new Mask(snapshot);
  return { header, snapshot, entries: mask.entries(entries) };
}

class Mask {
  readonly #placeholders = new Map<string, string>();
  /** Words that are AUTH on some server. */
  readonly #authWords = new Set(['AUTH']);

  constructor(snapshot: Snapshot) {
    this.#snapshot(snapshot);
  }

  *entries(entries: Iterable<Entry>): Generator<Entry> {
    for (const entry of entries) {
      const input = this.#input(entry.input);
      yield { ...entry, input, outcome: this.#outcome(entry.outcome) };
    }
  }

  /** An empty text means none. Bytes that are not allowed everywhere stay ones that are not. */
  #hide(secret: string): string {
    if (secret === '') return '';
    let placeholder = this.#placeholders.get(secret);
    if (placeholder === undefined) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
      const control = /[\x00-\x1f\x7f]/.test(secret) ? '\x01' : '';
      placeholder = `(secret ${this.#placeholders.size + 1})${control}`;
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
      if (group.authPass !== null) group.authPass = this.#hide(group.authPass);
      for (const { command, renamed } of group.renames) this.#noteRename(command, renamed);
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
    if (input.type !== 'command' || input.argv[0] !== 'sentinel') return input;
    if (input.argv[1] === 'set') return { ...input, argv: this.#set(input.argv) };
    if (input.argv[1] === 'config') return { ...input, argv: this.#config(input.argv) };
    return input;
  }

  /** `sentinel set GROUP [option value …]`; behind a word that is no option everything may be a secret. */
  #set(argv: readonly string[]): string[] {
    const words = argv.slice(0, 3);
    for (let i = 3; i < argv.length; ) {
      const option = argv[i]!;
      const lower = option.toLowerCase();
      const size = lower === 'rename-command' ? 2 : 1;
      const values = argv.slice(i + 1, i + 1 + size);
      if (!OPTIONS.has(lower)) {
        words.push(option, ...argv.slice(i + 1).map((word) => this.#hide(word)));
        break;
      }
      if (size === 2) this.#noteRename(values[0] ?? '', values[1] ?? '');
      words.push(option, ...(lower === 'auth-pass' ? values.map((w) => this.#hide(w)) : values));
      i += 1 + size;
    }
    return words;
  }

  /** `sentinel config set [variable value …]`. */
  #config(argv: readonly string[]): string[] {
    const isSet = argv[2]?.toLowerCase() === 'set';
    return argv.map((word, i) => {
      const secret = isSet && i > 3 && argv[i - 1]!.toLowerCase() === 'sentinel-pass';
      return secret && i % 2 === 0 ? this.#hide(word) : word;
    });
  }

  #outcome(outcome: Outcome): Outcome {
    if (!('effects' in outcome)) return outcome;
    return { ...outcome, effects: outcome.effects.map((effect) => this.#effect(effect)) };
  }

  #effect(effect: Effect): Effect {
    if (effect.type === 'answer') return { ...effect, reply: this.#reply(effect.reply) };
    if (effect.type !== 'send' || !this.#authWords.has(effect.argv[0]!)) return effect;
    const last = effect.argv.length - 1;
    const argv = effect.argv.map((word, i) => (i === last && i > 0 ? this.#hide(word) : word));
    return { ...effect, argv };
  }

  /** SENTINEL CONFIG GET shows the password towards peers. */
  #reply(reply: Reply): Reply {
    if (reply.kind !== 'map') return reply;
    const entries = reply.entries.map((entry) => {
      const [name, value] = entry;
      const secret = name.kind === 'bulk' && name.text === 'sentinel-pass' && value.kind === 'bulk';
      return secret ? ([name, { ...value, text: this.#hide(value.text) }] as const) : entry;
    });
    return { ...reply, entries };
  }
}

/** The options of SENTINEL SET. */
const OPTIONS = new Set([
  'down-after-milliseconds',
  'failover-timeout',
  'parallel-syncs',
  'quorum',
  'master-reboot-down-after-period',
  'primary-reboot-down-after-period',
  'notification-script',
  'client-reconfig-script',
  'auth-pass',
  'auth-user',
  'rename-command',
]);
