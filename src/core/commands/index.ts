/**
 * The commands that need the core: one table of SENTINEL subcommands, and PUBLISH, ROLE, INFO (commands.md §7, §8.1, §10).
 *
 * Arity and permissions were checked by the server; arguments are checked here. Exactly one answer for each request.
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

/** `args`: the words after the subcommand. The handler answers `request` now or later. */
export type Handler = (turn: Turn, request: number, args: readonly string[]) => void;

const SUBCOMMANDS: Readonly<Record<string, Handler>> = {
  masters,
  primaries: masters,
  master: masterMap,
  primary: masterMap,
  replicas,
  slaves: replicas,
  sentinels,
  myid: myId,
  'get-master-addr-by-name': getMasterAddress,
  'get-primary-addr-by-name': getMasterAddress,
  'is-master-down-by-addr': isMasterDown,
  'is-primary-down-by-addr': isMasterDown,
  reset,
  failover: failoverCommand,
  ckquorum: ckQuorum,
  flushconfig: flushConfig,
  monitor,
  remove,
  set: setCommand,
  config: configCommand,
  'info-cache': infoCache,
  'pending-scripts': pendingScripts,
  'simulate-failure': simulateFailure,
  debug: debugCommand,
};

export function runCommand(turn: Turn, request: number, argv: readonly string[]): void {
  const [name, ...args] = argv;
  switch (name) {
    case 'sentinel': {
      const handler = Object.hasOwn(SUBCOMMANDS, args[0] ?? '') ? SUBCOMMANDS[args[0]!] : undefined;
      if (handler !== undefined) return handler(turn, request, args.slice(1));
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
  // Whoever says our own hello to us is us, and learns it by this.
  const value = isOwnHello(turn.state, payload) ? 0 : 1;
  answer(turn, request, { kind: 'integer', value });
}
