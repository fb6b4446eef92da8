/**
 * A core with two groups whose connections are open, fed with what others say; after every turn
 * what must always hold is checked (safety.md S3, S4, W2).
 */
import { parseConfig, rewriteConfig } from '../../../config/index.ts';
import {
  blankConfig,
  blankGroup,
  configOf,
  createState,
  DIALECTS,
  type Effect,
  GROUP_DEFAULTS,
  type GroupConfig,
  type Input,
  type Reply,
  type SentinelConfig,
  type State,
  step,
} from '../../../core/index.ts';
import type { Dice } from '../../../core/model/random.ts';
import { FrameReader } from '../../../links/frames.ts';
import { encodeReply } from '../../../resp/index.ts';
import { below, oneIn, pick } from '../mutate.ts';
import { flaw } from '../target.ts';
import { memoryIo } from './memory.ts';

export const OWN_ID = 'f'.repeat(40);
export const IDS: readonly string[] = [...'abcde'].map((letter) => letter.repeat(40));
const OPTIONS = { users: [], defaults: GROUP_DEFAULTS };
/** Below it any epoch is followed; from there on only so large a step in one message. */
const FREE_MAX = 2n ** 62n;
const JUMP_MAX = 2n ** 32n;
const ANSWERS = ['10.0.0.7', '10.0.0.1', '::1', '2001:db8::5', null];
const plainConfig = parseConfig('', memoryIo());

function group(name: string, host: string, port: number, replicas: string[]): GroupConfig {
  return {
    ...blankGroup({ name, host, port, quorum: 2 }),
    ...{ configEpoch: 3n, leaderEpoch: 4n },
    replicas: replicas.map((one) => ({ host: one, port: 6379 })),
    sentinels: [{ host: '10.0.0.2', port: 26379, id: IDS[0]! }],
  };
}

function startConfig(names: boolean, announceNames: boolean): SentinelConfig {
  const replicas = names ? ['10.0.0.2', 'host-c', 'host-d'] : ['10.0.0.2'];
  return {
    ...blankConfig(),
    ...{ myId: OWN_ID, currentEpoch: 5n },
    ...{ resolveHostnames: names, announceHostnames: announceNames },
    groups: [
      group('mymaster', '10.0.0.1', 6379, replicas),
      group('other', '2001:db8::1', 6380, replicas),
    ],
  };
}

export function written(value: unknown): string {
  return JSON.stringify(value, (_key, one) => (typeof one === 'bigint' ? `${one}n` : one));
}

function epochsOf(state: State): bigint[] {
  const epochs = [state.currentEpoch];
  for (const one of state.groups.values()) epochs.push(one.configEpoch, one.vote.epoch);
  return epochs;
}

/** All that a hello or an INFO can change of what would be written. */
function durableOf(state: State): unknown[] {
  const list: unknown[] = epochsOf(state);
  for (const one of state.groups.values()) {
    const { address } = one.master;
    list.push(address.host, address.ip, address.port);
    for (const replica of one.replicas.values()) {
      list.push(replica.address.host, replica.address.ip, replica.address.port);
    }
    for (const peer of one.peers.values()) {
      list.push(peer.id, peer.address.host, peer.address.ip, peer.address.port);
    }
  }
  return list;
}

function sameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

function checkAddress({ ip, port }: { readonly ip: string; readonly port: number }): void {
  if (ip === '' || port < 1 || port > 65535) flaw(`an address "${ip}" with port ${port}`);
}

export class Rig {
  readonly state: State;
  readonly names: boolean;
  /** How often what the file would say has changed. */
  changes = 0;
  #durable: readonly unknown[];
  #now = 1000;
  #wakeAt = 1000;
  #asked: string[] = [];
  #request = 1;

  constructor(dice: Dice) {
    this.names = oneIn(dice, 3);
    const dialect = DIALECTS['redis-8'];
    this.state = createState(
      startConfig(this.names, oneIn(dice, 2)),
      {
        ...{ dialect, port: 26379, tlsPort: 0, tlsReplication: false, requirepass: null },
        ...{ logLevel: 'notice', seed: `rig ${dice.a}`, isExecutable: () => true },
      },
      this.#now,
    );
    this.#durable = durableOf(this.state);
    this.turn({ type: 'start' });
  }

  /**
   * Gives the core a fact, and what comes of it: connections open, saves succeed, most of the time.
   */
  turn(input: Input, dice?: Dice): readonly Effect[] {
    const { state } = this;
    const before = epochsOf(state);
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

  #check(before: readonly bigint[], input: Input, save: number | null): void {
    const { state } = this;
    for (const [index, epoch] of epochsOf(state).entries()) {
      if (epoch < before[index]!) flaw(`an epoch decreased from ${before[index]} to ${epoch}`);
    }
    // A hello holds two epochs; the names it waited for bring up to a hundred of them at once.
    const hellos = input.type === 'resolved' ? 200n : 2n;
    const most = (before[0]! > FREE_MAX ? before[0]! : FREE_MAX) + JUMP_MAX * hellos;
    if (state.currentEpoch > most) flaw('the epoch jumped');
    if (state.disk.durableEpoch > state.currentEpoch) flaw('an epoch is shown before it is there');
    for (const one of state.groups.values()) {
      if (one.configEpoch > state.currentEpoch) flaw('a config epoch above the current one');
      checkAddress(one.master.address);
      for (const peer of one.peers.values()) {
        checkAddress(peer.address);
        if (peer.id === state.myId) flaw('its own peer');
      }
    }
    const durable = durableOf(state);
    if (sameList(durable, this.#durable)) return;
    // What a name resolves to needs no save.
    if (save === null && input.type !== 'resolved') {
      flaw(`changed without a save: ${written(this.#durable)} became ${written(durable)}`);
    }
    this.#durable = durable;
    this.changes += 1;
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
  new FrameReader().feed(encoded, (piece, ended) => {
    bytes += piece.length;
    if (ended) whole += 1;
    return true;
  });
  if (whole !== 1 || bytes !== encoded.length) flaw('a reply that is not one frame');
  encodeReply(reply, 3);
}
