/**
 * A core with two groups whose connections are open, fed with what others say; after every turn what must always hold is
 * checked (safety.md S3, S4, W2).
 */
import { parseConfig, rewriteConfig } from '../../config/index.ts';
import type { Dice } from '../../core/dice.ts';
import {
  configOf,
  createState,
  type Effect,
  type GroupConfig,
  type Input,
  LINES,
  type Reply,
  type SentinelConfig,
  type State,
  step,
} from '../../core/index.ts';
import { Gate } from '../../links/gate.ts';
import { encodeReply } from '../../resp/index.ts';
import { below, oneIn, pick } from '../mutate.ts';
import { flaw } from '../target.ts';
import { memoryIo } from './memory.ts';

export const OWN_ID = 'f'.repeat(40);
export const IDS: readonly string[] = [...'abcde'].map((letter) => letter.repeat(40));
const OPTIONS = { users: [], defaults: { downAfter: 30_000, failoverTimeout: 180_000 } };
/** Beyond it an epoch does not follow in one message. */
const JUMP_MAX = 2n ** 32n;
const ANSWERS = ['10.0.0.7', '10.0.0.1', '::1', '2001:db8::5', null];
const plainConfig = parseConfig('', memoryIo());

function group(name: string, host: string, port: number): GroupConfig {
  return {
    ...{ name, host, port, quorum: 2, downAfter: 30_000, failoverTimeout: 180_000 },
    ...{ parallelSyncs: 1, notificationScript: null, clientReconfigScript: null },
    ...{ authPass: null, authUser: null, masterRebootDownAfter: 0 },
    ...{ configEpoch: 3n, leaderEpoch: 4n, renames: [] },
    replicas: [{ host: '10.0.0.2', port: 6379 }],
    sentinels: [{ host: '10.0.0.2', port: 26379, id: IDS[0]! }],
  };
}

function startConfig(names: boolean, announceNames: boolean): SentinelConfig {
  return {
    ...{ myId: OWN_ID, currentEpoch: 5n, denyScriptsReconfig: true },
    ...{ resolveHostnames: names, announceHostnames: announceNames, announceIp: null },
    ...{ announcePort: 0, sentinelUser: null, sentinelPass: null },
    groups: [group('mymaster', '10.0.0.1', 6379), group('other', '2001:db8::1', 6380)],
  };
}

export function written(value: unknown): string {
  return JSON.stringify(value, (_key, one) => (typeof one === 'bigint' ? `${one}n` : one));
}

export class Rig {
  readonly state: State;
  readonly names: boolean;
  /** What the file would say now. */
  durable: string;
  #now = 1000;
  #wakeAt = 1000;
  #asked: string[] = [];
  #request = 1;

  constructor(dice: Dice) {
    this.names = oneIn(dice, 3);
    const line = LINES['redis-8'];
    this.state = createState(
      startConfig(this.names, oneIn(dice, 2)),
      {
        ...{ line, port: 26379, tlsPort: 0, tlsReplication: false, requirepass: null },
        ...{ logLevel: 'notice', seed: `rig ${dice.a}`, isExecutable: () => true },
      },
      this.#now,
    );
    this.durable = written(configOf(this.state));
    this.turn({ type: 'start' });
  }

  /** Gives the core a fact, and what comes of it: connections open, saves succeed, most of the time. */
  turn(input: Input, dice?: Dice): readonly Effect[] {
    const { state } = this;
    const before = this.#epochs();
    const turn = step(state, input, this.#now);
    this.#wakeAt = turn.wakeAt;
    this.#check(before, input, turn.save);
    for (const effect of turn.effects) {
      if (effect.type === 'resolve') this.#asked.push(effect.host);
      if (effect.type === 'send' && effect.argv[0] === 'PUBLISH') this.#checkHello(effect.argv[2]!);
      if (effect.type === 'connect' && (dice === undefined || oneIn(dice, 4))) {
        const { connection } = effect;
        this.turn({ type: 'connected', connection, localAddress: '10.0.0.9' });
      }
    }
    if (turn.save !== null) {
      this.turn({ type: 'saved', version: turn.save, ok: dice === undefined || !oneIn(dice, 16) });
    }
    return turn.effects;
  }

  /** Answers the names that were asked for, some wrongly, and lets a little time pass. */
  pass(dice: Dice): void {
    for (const host of this.#asked.splice(0)) {
      if (!oneIn(dice, 8))
        this.turn({ type: 'resolved', host, address: pick(dice, ANSWERS) }, dice);
    }
    if (!oneIn(dice, 4)) return;
    this.#now = Math.max(this.#now, Math.min(this.#wakeAt, this.#now + below(dice, 400)));
    this.turn({ type: 'tick' }, dice);
  }

  /** Sends a client's request. */
  ask(argv: readonly string[]): void {
    const request = this.#request++;
    const effects = this.turn({ type: 'command', request, argv });
    const answers = effects.filter((one) => one.type === 'answer' && one.request === request);
    const [answer] = answers;
    if (answers.length !== 1 || answer?.type !== 'answer') flaw(`${argv[1]} is not answered once`);
    checkReply(answer.reply);
  }

  #epochs(): Map<string, bigint> {
    const epochs = new Map([['', this.state.currentEpoch]]);
    for (const one of this.state.groups.values()) {
      epochs.set(`config ${one.name}`, one.configEpoch);
      epochs.set(`vote ${one.name}`, one.vote.epoch);
    }
    return epochs;
  }

  #check(before: Map<string, bigint>, input: Input, save: number | null): void {
    const { state } = this;
    const after = this.#epochs();
    for (const [what, epoch] of before) {
      if ((after.get(what) ?? -1n) < epoch) flaw(`the epoch "${what}" decreased from ${epoch}`);
    }
    // A hello holds two epochs; the names it waited for bring up to a hundred of them at once.
    const hellos = input.type === 'resolved' ? 200n : 2n;
    if (state.currentEpoch > before.get('')! + JUMP_MAX * hellos) flaw('the epoch jumped');
    if (state.disk.durableEpoch > state.currentEpoch) flaw('an epoch is shown before it is there');
    for (const one of state.groups.values()) {
      if (one.configEpoch > state.currentEpoch) flaw('a config epoch above the current one');
      const { port, ip } = one.master.address;
      if (ip === '' || port < 1 || port > 65535) flaw(`a master at "${ip}" port ${port}`);
      for (const peer of one.peers.values()) {
        const at = peer.address;
        if (at.port < 1 || at.port > 65535 || at.ip === '') flaw(`a peer at "${at.ip}" ${at.port}`);
        if (peer.id === state.myId) flaw('its own peer');
      }
    }
    const durable = written(configOf(state));
    // A name that resolves differently is not state of ours.
    if (durable !== this.durable && save === null && input.type !== 'resolved') {
      flaw(`changed without a save: ${this.durable} became ${durable}`);
    }
    this.durable = durable;
  }

  #checkHello(text: string): void {
    if (text.split(',').length !== 8) flaw(`says hello as ${text}`);
  }

  /** After a restart from the file that would be written now everything is as it was. */
  checkRestart(): void {
    const { state } = this;
    const file = rewriteConfig('', plainConfig.generic, configOf(state), OPTIONS);
    const { sentinel } = parseConfig(file, memoryIo());
    const again = createState(sentinel, state.surroundings, 0);
    if (this.names) return;
    const [was, is] = [written(configOf(state)), written(configOf(again))];
    if (was !== is) flaw(`after a restart ${was} is ${is}`);
  }
}

/** What a client gets is one frame that a RESP2 reader takes. */
export function checkReply(reply: Reply): void {
  let whole = 0;
  let bytes = 0;
  const encoded = encodeReply(reply, 2);
  new Gate().feed(encoded, (piece, ended) => {
    bytes += piece.length;
    if (ended) whole += 1;
    return true;
  });
  if (whole !== 1 || bytes !== encoded.length) flaw('a reply that is not one frame');
  encodeReply(reply, 3);
}
