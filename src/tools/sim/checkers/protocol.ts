/** TILT, one's own hellos, nonsense, answers that belong to other questions; everything ends. */
import type { CoreGroup } from '../history.ts';
import { type Checker, Violation } from '../observer.ts';
import type { MakeChecker } from './checker.ts';

type Peer = CoreGroup['peers'] extends Map<string, infer P> ? P : never;

const DECISIONS = new RegExp(
  String.raw`^([+-]sdown|[+-]odown|\+elected-leader|\+failover-(state|end)|\+selected-slave|` +
    String.raw`\+promoted-slave|\+slave-reconf|\+convert-to|\+fix-)`,
);

export const tiltIsPassive: MakeChecker = (): Checker => {
  const rows = 'S19 L10';
  return {
    rows,
    rule: 'in TILT nothing is decided, asked or ordered, and it ends',
    turn: (sentinel, facts, input, { effects }) => {
      const { tiltSince, timers } = sentinel.state;
      if (tiltSince === null || !facts.inTilt) return;
      if (facts.now > tiltSince + timers.tiltPeriod + 2000) {
        throw new Violation('L10', `${sentinel.name} does not leave TILT`);
      }
      for (const effect of effects) {
        const started = effect.type === 'event' && effect.name === '+try-failover';
        const decided = effect.type === 'event' && DECISIONS.test(effect.name);
        const told =
          effect.type === 'send' &&
          (effect.argv[0] === 'SLAVEOF' || effect.argv[1] === 'is-master-down-by-addr');
        if (!decided && !told && !(started && input.type !== 'command')) continue;
        const what = effect.type === 'event' ? effect.name : 'an order or a question';
        throw new Violation('S19', `${sentinel.name} is in TILT, and yet: ${what}`);
      }
    },
    leaves: (sentinel, facts, effect) => {
      if (effect.type !== 'answer' || effect.reply.kind !== 'array') return;
      const [down] = effect.reply.items;
      // A question that waited for a name server is answered as things are by then.
      if (!facts.inTilt || facts.requests.get(effect.request)?.inTilt !== true) return;
      if (down?.kind !== 'integer' || Number(down.value) === 0) return;
      throw new Violation('S19', `${sentinel.name} was in TILT and said that a master is down`);
    },
    kinds: ['answer'],
  };
};

export const noSelf: MakeChecker = (): Checker => {
  const rows = 'S20';
  return {
    rows,
    rule: 'a Sentinel is never its own peer, and asks itself nothing under another id',
    turn: (sentinel, _facts, _input, { effects }) => {
      const { state, host, port } = sentinel;
      for (const effect of effects) {
        if (effect.type !== 'send' || effect.argv[1] !== 'is-master-down-by-addr') continue;
        const to = state.connections.get(effect.connection)?.link.address;
        if (to?.port !== port || (to.ip !== host.ip && to.ip !== host.alias)) continue;
        throw new Violation(rows, `${sentinel.name} asks itself`);
      }
      for (const group of state.groups.values()) {
        if (group.peers.has(state.myId))
          throw new Violation(rows, `${sentinel.name} is its own peer`);
        for (const { id, address, link } of group.peers.values()) {
          if (address.port === link.address.port && address.ip === link.address.ip) continue;
          if (address.host.toLowerCase() === link.address.host.toLowerCase()) continue;
          throw new Violation(rows, `${sentinel.name} talks to ${id} where it is not`);
        }
      }
    },
  };
};

export const nonsenseIsInert: MakeChecker = (world): Checker => {
  const rows = 'S21';
  return {
    rows,
    rule: 'nonsense changes nothing',
    turn: (sentinel, facts, input) => {
      if (input.type !== 'command' || !world.watch.nonsense.has(input.argv)) return;
      const { state } = sentinel;
      for (const [name, group] of state.groups) {
        const view = facts.views.get(name);
        if (view === undefined) continue;
        // What was due anyway may have happened in the same turn.
        if (view.failover !== group.failover || group.conflict?.election) continue;
        const same =
          state.currentEpoch === facts.epoch &&
          view.record === group.master &&
          view.configEpoch === group.configEpoch &&
          view.voteEpoch === group.vote.epoch &&
          view.peers === group.peers.size;
        if (!same) throw new Violation(rows, `${sentinel.name} believes: ${input.argv.join(' ')}`);
      }
    },
  };
};

/** Another Sentinel is said to be there, too: which of them spoke cannot be told from outside. */
function hasTwin({ peers }: CoreGroup, peer: Peer): boolean {
  const { ip, port } = peer.link.address;
  return [...peers.values()].some(
    ({ link, id }) => id !== peer.id && link.address.ip === ip && link.address.port === port,
  );
}

export const answersMatch: MakeChecker = (world): Checker => {
  const rows = 'S22';
  return {
    rows,
    rule: 'opinions and votes that count are answers to questions about this master',
    turn: (sentinel, facts, input) => {
      if (input.type !== 'reply') return;
      for (const [name, group] of sentinel.state.groups) {
        const view = facts.views.get(name);
        if (view?.record !== group.master) continue;
        for (const peer of group.peers.values()) {
          if (!peer.ask.masterDown) continue;
          const { ip, host, port } = peer.link.address;
          if (hasTwin(group, peer)) continue;
          // A Sentinel of which an untruth is told is still known by its id.
          const one = world.sentinels.find(({ id }) => id === peer.id);
          const there = world.sentinelAt(ip || host, port);
          const who = (one ?? there)?.name ?? 'nobody';
          const said = [who, there?.name, peer.id].some((name) => {
            const opinion = facts.opinions.get(`${name}|${view.master}`);
            return opinion?.down === true && opinion.turn >= view.switchedIn;
          });
          if (said) continue;
          throw new Violation(
            rows,
            `${sentinel.name} counts ${who} against ${view.master} without its word`,
          );
        }
      }
    },
  };
};

export const failoversEnd: MakeChecker = (): Checker => {
  const rows = 'L5';
  return {
    rows,
    rule: 'every failover ends',
    turn: (sentinel, facts) => {
      for (const group of sentinel.state.groups.values()) {
        const { failover } = group;
        if (failover === null || ('saving' in failover && failover.saving)) continue;
        if (failover.state === 'wait_start' && !failover.durable) continue;
        const since = Math.max(failover.since, facts.troubledAt);
        const limit = Math.max(group.failoverTimeout, 20_000) + 12_000;
        if (sentinel.state.tiltSince !== null || facts.now - since <= limit) continue;
        throw new Violation(rows, `${sentinel.name} is in ${failover.state} for ${limit} ms`);
      }
    },
  };
};
