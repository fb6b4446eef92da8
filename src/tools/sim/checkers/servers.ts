/** Servers that refuse, and servers that are known under two addresses. */
import { type Checker, Violation } from '../observer.ts';
import type { MakeChecker } from './checker.ts';

/** An attempt whose order was refused has no reason to wait. */
export const refusalsEnd: MakeChecker = (): Checker => {
  const rows = 'L13';
  return {
    rows,
    rule: 'a promotion that is refused ends the attempt in that turn',
    turn: (sentinel, _facts, input) => {
      if (input.type !== 'reply' || input.reply.kind !== 'error') return;
      if (!input.reply.text.startsWith('EXECABORT')) return;
      for (const { failover, name } of sentinel.state.groups.values()) {
        if (failover?.state !== 'wait_promotion') continue;
        const { promoted, saving } = failover;
        if (promoted.link.command?.id !== input.connection || saving) continue;
        // Another Sentinel's order has made it a master.
        if (promoted.role === 'master') continue;
        throw new Violation(
          rows,
          `${sentinel.name} waits for ${promoted.key} of ${name}, which has refused`,
        );
      }
    },
  };
};

/** Records of one process, both of them in use. */
export const oneRecord: MakeChecker = (): Checker => {
  const rows = 'S25';
  return {
    rows,
    rule: 'a server that is up has one record in its group, whatever it is called',
    turn: (sentinel, facts, input) => {
      if (input.type !== 'reply' || input.reply.kind !== 'text') return;
      for (const { master, replicas, name } of sentinel.state.groups.values()) {
        if (master.sDownSince !== null || replicas.size === 0) continue;
        const seen = new Map([[master.runId, master.infoAt]]);
        for (const { runId, infoAt, sDownSince, key } of replicas.values()) {
          if (runId === '' || sDownSince !== null) continue;
          const other = seen.get(runId);
          // Only just now one of them has told who it is.
          if (other !== undefined && (infoAt === facts.now || other === facts.now)) {
            throw new Violation(rows, `${sentinel.name} has ${key} of ${name} twice`);
          }
          seen.set(runId, infoAt);
        }
      }
    },
  };
};
