/**
 * What was seen of the Sentinels, and what may never be seen: a second vote of one Sentinel in an
 * epoch, a second leader of an epoch or one without a majority in exactly that epoch, a config
 * epoch that names two masters, an epoch on disk that goes back (S1, S4, S6, S7, S8 and S10 of the
 * specification).
 */
import { parseLog } from '../lab/index.ts';
import { GROUP } from './host.ts';

/** What one Sentinel's log has told so far. */
interface Story {
  /** Characters of the log that were read. */
  read: number;
  /** Highest epoch named in it. */
  epoch: number;
  /** Of its last candidacy. */
  candidacy: number;
  /** Epoch to the id it voted for. */
  readonly votes: Map<number, string>;
  /** Epochs that were seen last in its file. */
  readonly onDisk: { current: number; config: number };
}

/** Votes that make a leader of three. */
const MAJORITY = 2;

export class Ledger {
  readonly problems: string[] = [];
  readonly #stories = new Map<string, Story>();
  readonly #leaders = new Map<number, { readonly sentinel: string; readonly id: string }>();
  readonly #masters = new Map<number, { readonly address: string; readonly source: string }>();

  /** Elections that were won so far. */
  get elections(): number {
    return this.#leaders.size;
  }

  /** Reads what was added to a log; `id` is that of its Sentinel. */
  readLog(sentinel: string, id: string, text: string): void {
    const story = this.#story(sentinel);
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    for (const { event, payload } of parseLog(whole.slice(story.read))) {
      const words = payload.split(' ');
      if (event === '+new-epoch') story.epoch = Number(words[0]);
      else if (event === '+try-failover') story.candidacy = story.epoch;
      else if (event === '+vote-for-leader') this.#vote(sentinel, id, story, words);
      else if (event === '+elected-leader') this.#elected(sentinel, id, story.candidacy);
    }
    story.read = whole.length;
  }

  /** Counts the votes of every leader; to be called when all logs were read. */
  count(): void {
    for (const [epoch, { sentinel, id }] of this.#leaders) {
      const votes = [...this.#stories.values()].filter((one) => one.votes.get(epoch) === id).length;
      if (votes < MAJORITY) {
        this.#problem(
          `Sentinel ${sentinel} became leader of epoch ${epoch} with ${votes} of 3 votes`,
        );
      }
    }
  }

  /** A hello as it is published: `ip,port,id,epoch,group,master ip,master port,config epoch`. */
  readHello(text: string): void {
    const [, , id = '', , group, host, port, epoch] = text.split(',');
    if (group !== GROUP) return;
    this.#named(Number(epoch), `${host}:${port}`, `a hello of ${id.slice(0, 8)}`);
  }

  /** The file of a Sentinel as it is on disk. */
  readConfig(sentinel: string, text: string): void {
    const value = (key: string) =>
      text
        .split('\n')
        .find((line) => line.startsWith(`sentinel ${key} `))
        ?.slice(key.length + 10);
    const monitor = value(`monitor ${GROUP}`)?.split(' ');
    if (monitor === undefined) {
      this.#problem(`the file of Sentinel ${sentinel} does not monitor ${GROUP} any more`);
      return;
    }
    const current = Number(value('current-epoch') ?? 0);
    const config = Number(value(`config-epoch ${GROUP}`) ?? 0);
    this.#named(config, `${monitor[0]}:${monitor[1]}`, `the file of Sentinel ${sentinel}`);
    const { onDisk } = this.#story(sentinel);
    if (current < onDisk.current || config < onDisk.config) {
      const before = `${onDisk.current} (config epoch ${onDisk.config})`;
      const now = `${current} (config epoch ${config})`;
      this.#problem(`the epoch on disk of Sentinel ${sentinel} went from ${before} to ${now}`);
    }
    Object.assign(onDisk, { current, config });
  }

  #vote(sentinel: string, id: string, story: Story, words: readonly string[]): void {
    const [candidate = '', number] = words;
    const epoch = Number(number);
    const before = story.votes.get(epoch);
    if (before !== undefined && before !== candidate) {
      this.#problem(
        `Sentinel ${sentinel} voted for ${before} and for ${candidate} in epoch ${epoch}`,
      );
    }
    story.votes.set(epoch, candidate);
    if (candidate === id) story.candidacy = epoch;
  }

  #elected(sentinel: string, id: string, epoch: number): void {
    const before = this.#leaders.get(epoch);
    if (before !== undefined && before.id !== id) {
      this.#problem(`epoch ${epoch} has two leaders: Sentinels ${before.sentinel} and ${sentinel}`);
    }
    this.#leaders.set(epoch, { sentinel, id });
  }

  #named(epoch: number, address: string, source: string): void {
    const before = this.#masters.get(epoch);
    if (before === undefined) {
      this.#masters.set(epoch, { address, source });
    } else if (before.address !== address) {
      const first = `${before.address} (${before.source})`;
      this.#problem(`config epoch ${epoch} names ${first} and ${address} (${source})`);
    }
  }

  #problem(sentence: string): void {
    if (!this.problems.includes(sentence)) this.problems.push(sentence);
  }

  #story(sentinel: string): Story {
    const known = this.#stories.get(sentinel);
    if (known !== undefined) return known;
    const story: Story = {
      read: 0,
      epoch: 0,
      candidacy: 0,
      votes: new Map(),
      onDisk: { current: 0, config: 0 },
    };
    this.#stories.set(sentinel, story);
    return story;
  }
}
