/** A group in memory for tables: a master and what is said of its members. */
import { blankConfig, createState, step } from '../../src/core/index.ts';
import { blankGroup } from '../../src/core/model/defaults.ts';
import type { Group, State } from '../../src/core/model/state.ts';
import type { Turn } from '../../src/core/model/turn.ts';
import { surroundings } from './plain.ts';

export const NOW = 100_000;

export function watched(
  peers: number,
  quorum: number,
  replicas = 0,
): { state: State; group: Group; turn: Turn } {
  const config = {
    ...blankGroup({ name: 'g', host: '10.0.0.1', port: 6379, quorum }),
    replicas: Array.from({ length: replicas }, (_, i) => ({ host: `10.0.1.${i + 1}`, port: 6379 })),
    sentinels: Array.from({ length: peers }, (_, i) => ({
      ...{ host: `10.0.2.${i + 1}`, port: 26379 },
      id: String(i + 1).padStart(40, '0'),
    })),
  };
  const state = createState(
    { ...blankConfig(), myId: 'f'.repeat(40), groups: [config] },
    surroundings({}),
    0,
  );
  step(state, { type: 'start' }, 0);
  const turn: Turn = {
    ...{ state, now: NOW, effects: [], touched: new Set(), drained: true, saving: false },
  };
  return { state, group: state.groups.get('g')!, turn };
}
