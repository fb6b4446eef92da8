/**
 * The commands that need the core: one table of SENTINEL subcommands, and PUBLISH, ROLE, INFO
 * (commands.md §7, §8.1, §10).
 *
 * The server has checked arity and permissions; arguments are checked here. Exactly one answer per
 * request.
 */
import { helloReceived, isOwnHello } from '../hear/hello.ts';
import { isMasterDown } from '../hear/votequestion.ts';
import { HELLO_CHANNEL } from '../members/links.ts';
import { answer, type Turn } from '../model/turn.ts';
import { configCommand, debugCommand, simulateFailure } from './config.ts';
import {
  ckQuorum,
  getMasterAddress,
  infoCache,
  masterMap,
  masters,
  myId,
  pendingScripts,
  replicas,
  sentinels,
} from './get.ts';
import { failoverCommand, flushConfig, monitor, remove, reset } from './manage.ts';
import { setCommand } from './set.ts';
import { infoSection } from './views.ts';

/** `args`: the arguments after the subcommand. The handler answers `request` now or later. */
export type Handler = (turn: Turn, request: number, args: readonly string[]) => void;

interface Subrow {
  readonly run: Handler;
  /** Its arguments are names, addresses, numbers and patterns, no secrets: they may be recorded. */
  readonly plain: boolean;
}

const plain = (run: Handler): Subrow => ({ run, plain: true });
/** A misplaced argument may be a password. */
const guarded = (run: Handler): Subrow => ({ run, plain: false });

const SUBCOMMANDS = {
  masters: plain(masters),
  primaries: plain(masters),
  master: plain(masterMap),
  primary: plain(masterMap),
  replicas: plain(replicas),
  slaves: plain(replicas),
  sentinels: plain(sentinels),
  myid: plain(myId),
  'get-master-addr-by-name': plain(getMasterAddress),
  'get-primary-addr-by-name': plain(getMasterAddress),
  'is-master-down-by-addr': plain(isMasterDown),
  'is-primary-down-by-addr': plain(isMasterDown),
  reset: plain(reset),
  failover: plain(failoverCommand),
  ckquorum: plain(ckQuorum),
  flushconfig: plain(flushConfig),
  monitor: plain(monitor),
  remove: plain(remove),
  set: guarded(setCommand),
  config: guarded(configCommand),
  'info-cache': plain(infoCache),
  'pending-scripts': plain(pendingScripts),
  'simulate-failure': guarded(simulateFailure),
  debug: guarded(debugCommand),
} as const satisfies Readonly<Record<string, Subrow>>;

/** Of SENTINEL, in lower case. The server has a row for each. */
export type Subcommand = keyof typeof SUBCOMMANDS;

function subcommand(name: string): Subrow | null {
  return Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name as Subcommand] : null;
}

/** Whether the arguments of this subcommand may be recorded as they are. */
export function isPlain(name: string): boolean {
  return subcommand(name)?.plain ?? false;
}

export function runCommand(turn: Turn, request: number, argv: readonly string[]): void {
  const [name, ...args] = argv;
  switch (name) {
    case 'sentinel': {
      const row = subcommand(args[0] ?? '');
      if (row !== null) return row.run(turn, request, args.slice(1));
      const text = `ERR unknown subcommand '${args[0] ?? ''}'. Try SENTINEL HELP.`;
      return answer(turn, request, { kind: 'error', text });
    }
    case 'publish':
      return publish(turn, request, args[0] ?? '', args[1] ?? '');
    case 'role':
      return answer(turn, request, {
        kind: 'array',
        items: [
          { kind: 'bulk', text: 'sentinel' },
          {
            kind: 'array',
            items: [...turn.state.groups.keys()].map((text) => ({ kind: 'bulk', text })),
          },
        ],
      });
    case 'info':
      return answer(turn, request, { kind: 'bulk', text: infoSection(turn.state, turn.now) });
    default:
      return answer(turn, request, { kind: 'error', text: `ERR unknown command '${name ?? ''}'` });
  }
}

function publish(turn: Turn, request: number, channel: string, payload: string): void {
  if (channel !== HELLO_CHANNEL) {
    const text = 'ERR Only HELLO messages are accepted by Sentinel instances.';
    return answer(turn, request, { kind: 'error', text });
  }
  helloReceived(turn, payload);
  // Whoever sends us our own hello is this Sentinel itself, and learns so from this answer.
  const value = isOwnHello(turn.state, payload) ? 0 : 1;
  answer(turn, request, { kind: 'integer', value });
}
