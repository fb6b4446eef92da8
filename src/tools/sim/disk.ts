/**
 * The disk of a virtual Sentinel: the text of its configuration file. What was saved last is
 * rendered into the old text and parsed again by the real configuration room at every start.
 */
import {
  type ConfigIo,
  type ParsedConfig,
  parseConfig,
  type RewriteOptions,
  Rewriter,
} from '../../config/index.ts';
import { GROUP_DEFAULTS, type SentinelConfig } from '../../core/index.ts';
import type { Reach } from './reach.ts';

const io: ConfigIo = {
  cwd: () => '/',
  chdir: () => null,
  readFile: () => ({ error: 'No such file or directory' }),
  glob: () => [],
  openForAppend: () => null,
  isExecutable: () => true,
};

export interface DiskMood {
  /** ms a save takes. */
  slow: readonly [low: number, high: number];
  /** Saves fail. */
  failing: boolean;
  /** Saves do not end before this is over. */
  hanging?: boolean;
}

/** How soon a hanging disk is found well again. */
const LOOK_MS = 20;

type Defaults = RewriteOptions['defaults'];

/** Keeps the file instead of the disk, for instance with the real file writer. */
export interface Medium {
  /** What a start finds. */
  text(): string;
  /** Says how it went when it is over; what a crash meanwhile leaves is its own affair. */
  save(config: SentinelConfig, defaults: Defaults, done: (ok: boolean) => void): void;
}

type Chance = Pick<Reach, 'after' | 'random'>;

export class Disk {
  #text: string;
  readonly #rewriter = new Rewriter();
  #parsed: ParsedConfig;
  #unwritten: SentinelConfig | null = null;
  #defaults: Defaults | null = null;
  /** What a restart would find. */
  content: SentinelConfig;
  mood: DiskMood = { slow: [0.2, 2], failing: false };
  /** The outcome of the last save. */
  failed = false;
  medium: Medium | null = null;

  constructor(text: string) {
    this.#text = text;
    this.#parsed = parseConfig(text, io);
    this.content = this.#parsed.sentinel;
  }

  /** `config` is on disk from now on. */
  put(config: SentinelConfig, defaults: Defaults | null): void {
    this.content = config;
    this.#unwritten = config;
    this.#defaults = defaults;
  }

  /** Takes its time, then says how it went; the caller then calls `put`. */
  save(config: SentinelConfig, defaults: Defaults, world: Chance, done: (ok: boolean) => void) {
    if (this.medium !== null) return this.medium.save(config, defaults, done);
    const [low, high] = this.mood.slow;
    const end = () => {
      if (this.mood.hanging) world.after(LOOK_MS, end);
      else done(!this.mood.failing);
    };
    world.after(world.random.between(low, high), end);
  }

  /** The new file took the old one's place, although the save failed or a crash cut it off. */
  slips({ random }: Chance, probability: number): boolean {
    return this.medium === null && random.chance(probability);
  }

  /** The file as it is. */
  text(): string {
    if (this.medium !== null) return this.medium.text();
    if (this.#unwritten !== null) {
      const defaults = this.#defaults ?? GROUP_DEFAULTS;
      const options = { users: null, defaults };
      const { generic } = this.#parsed;
      this.#text = this.#rewriter.rewrite(this.#text, generic, this.#unwritten, options);
      this.#unwritten = null;
    }
    return this.#text;
  }

  /** What a start reads. */
  read(): SentinelConfig {
    if (this.medium !== null || this.#unwritten !== null) {
      this.#parsed = parseConfig(this.text(), io);
      this.content = this.#parsed.sentinel;
    }
    // Never the objects that the process had before it died.
    return structuredClone(this.#parsed.sentinel);
  }
}
