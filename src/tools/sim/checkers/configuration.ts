/** How the configuration of a group may change. */
import type { Effect } from '../../../core/index.ts';
import { helloFields } from '../history.ts';
import { type Checker, Violation } from '../observer.ts';
import type { MakeChecker } from './checker.ts';

function says(effects: readonly Effect[], name: string): boolean {
  return effects.some((effect) => effect.type === 'event' && effect.name === name);
}

export const risingConfigEpochs: MakeChecker = (): Checker => {
  const rows = 'S10 S14';
  return {
    rows,
    rule: 'config epochs never decrease, restarts included, and never exceed the current epoch',
    booted: (sentinel) => {
      for (const saved of sentinel.booted!.groups) {
        const group = sentinel.state.groups.get(saved.name);
        if (group !== undefined && group.configEpoch >= saved.configEpoch) continue;
        throw new Violation('S10', `${sentinel.name} forgot config epoch ${saved.configEpoch}`);
      }
    },
    turn: (sentinel, facts) => {
      const { state } = sentinel;
      for (const [name, group] of state.groups) {
        const view = facts.views.get(name);
        if (view?.group === group && group.configEpoch < view.configEpoch) {
          throw new Violation(
            'S10',
            `${sentinel.name} goes back to config epoch ${group.configEpoch}`,
          );
        }
        if (group.configEpoch > state.currentEpoch) {
          throw new Violation(
            'S14',
            `${sentinel.name} has config epoch ${group.configEpoch} above its current one`,
          );
        }
      }
    },
  };
};

export const switches: MakeChecker = (world): Checker => {
  const rows = 'S11 S13';
  return {
    rows,
    rule:
      'the master changes with a higher config epoch only, after the new one has said ' +
      'role:master',
    turn: (sentinel, facts, _input, { effects }) => {
      for (const [name, group] of sentinel.state.groups) {
        const view = facts.views.get(name);
        if (view?.group !== group || view.record === group.master) continue;
        const master = facts.masterOf(group);
        if (master === view.master) continue;
        if (group.configEpoch <= view.configEpoch) {
          throw new Violation(
            'S11',
            `${sentinel.name} moves ${name} to ${master} without a new config epoch`,
          );
        }
        if (!says(effects, '+promoted-slave') && !says(effects, '+config-update-from')) {
          throw new Violation('S13', `${sentinel.name} moves ${name} to ${master} for no reason`);
        }
      }
      for (const effect of effects) {
        if (effect.type !== 'event' || effect.name !== '+promoted-slave') continue;
        const words = effect.payload.split(' ');
        const server = world.serverName(words[2]!, Number(words[3]));
        const info = facts.info.get(server);
        const ordered = facts.orderedAt.get(server) ?? Number.POSITIVE_INFINITY;
        if (info?.role === 'master' && info.turn > ordered) continue;
        throw new Violation('S13', `${sentinel.name} promoted ${server}, which has not said so`);
      }
    },
  };
};

export const atomicPair: MakeChecker = (world): Checker => {
  const rows = 'S12';
  const held = new Map<string, Set<string>>();
  const pair = (name: string, at: { host: string; ip: string; port: number }, epoch: bigint) =>
    `${name} ${world.serverName(at.ip || at.host, at.port)} ${epoch}`;
  return {
    rows,
    rule:
      'master and config epoch on disk are a pair that the Sentinel held, or was about to ' +
      'announce',
    turn: (sentinel, facts) => {
      for (const [name, group] of sentinel.state.groups) {
        const view = facts.views.get(name);
        const changed = view?.record !== group.master || view.configEpoch !== group.configEpoch;
        const { failover } = group;
        if (!changed && failover?.state !== 'wait_promotion') continue;
        const pairs = held.get(sentinel.name) ?? new Set();
        held.set(sentinel.name, pairs);
        pairs.add(pair(name, group.master.address, group.configEpoch));
        if (failover?.state !== 'wait_promotion' || !failover.saving) continue;
        pairs.add(pair(name, failover.promoted.address, failover.epoch));
      }
    },
    booted: (sentinel) => {
      const pairs = held.get(sentinel.name);
      for (const [name, { master, configEpoch }] of sentinel.state.groups) {
        const key = pair(name, master.address, configEpoch);
        if (pairs !== undefined && !pairs.has(key)) {
          throw new Violation(rows, `${sentinel.name} comes back with ${key}, which it never held`);
        }
        held.set(sentinel.name, (held.get(sentinel.name) ?? new Set()).add(key));
      }
    },
  };
};

/**
 * Records that are forgotten in this turn because a name server said that they are a server which
 * has one already.
 */
function doublesOf(effects: readonly Effect[], group: string): number {
  const isDouble = (text: string) => text.startsWith(`${group}: `) && text.endsWith(': forgotten');
  return effects.filter((effect) => effect.type === 'log' && isDouble(effect.text)).length;
}

export const staleHellos: MakeChecker = (): Checker => {
  const rows = 'S15';
  return {
    rows,
    rule: 'a hello whose config epoch is not higher changes no configuration',
    turn: (sentinel, facts, input, { effects }) => {
      const payload =
        input.type === 'message'
          ? input.payload
          : input.type === 'command' && input.argv[0] === 'publish'
            ? (input.argv[2] ?? '')
            : null;
      if (payload === null) return;
      const [, , , , name, , , epoch] = helloFields(payload);
      const group = sentinel.state.groups.get(name ?? '');
      const view = facts.views.get(name ?? '');
      if (group === undefined || view?.group !== group || !/^\d+$/.test(epoch ?? '')) return;
      if (BigInt(epoch!) > view.configEpoch) return;
      const same = view.record === group.master && view.configEpoch === group.configEpoch;
      const gone = view.replicas - group.replicas.size;
      if (same && (gone === 0 || gone === doublesOf(effects, name!))) return;
      throw new Violation(rows, `${sentinel.name} follows a hello of config epoch ${epoch}`);
    },
  };
};
