/**
 * What `npm run bench -- scale` measures: how many groups, how many masters down, which Sentinels.
 */
import { parseArgs } from 'node:util';
import { choose, wholeNumber } from '../lab/index.ts';
import { LINE_UPS, type LineUp } from './lineups.ts';

export interface ScalePlan {
  readonly groups: number;
  /** Masters that go down at once. */
  readonly down: number;
  readonly lineUps: readonly LineUp[];
  /** ms */
  readonly downAfter: number;
  readonly failoverTimeout: number;
  /** How long the steady state is watched, and how long a mass failover may take. */
  readonly steadyMs: number;
  readonly limitMs: number;
  readonly json: string | null;
}

export const HELP = `npm run bench -- scale [OPTION …]

  --groups N            groups of one master and two replicas (default 100)
  --down D              masters that go down at once (default half of the groups)
  --kinds LIST          three Sentinels each, in turn (default original,ours);
                        original, ours, 2+1 (2 ours and 1 original), 1+2
  --down-after MS       default 3000
  --failover-timeout MS default 180000
  --steady SECONDS      how long the steady state is watched (default 20)
  --limit SECONDS       how long the failovers may take (default 120)
  --json FILE           write the figures to FILE`;

/** @throws Error with the text for the user; null when help is asked for */
export function readScalePlan(args: readonly string[]): ScalePlan | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      groups: { type: 'string', default: '100' },
      down: { type: 'string' },
      kinds: { type: 'string', default: 'original,ours' },
      'down-after': { type: 'string', default: '3000' },
      'failover-timeout': { type: 'string', default: '180000' },
      steady: { type: 'string', default: '20' },
      limit: { type: 'string', default: '120' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const groups = wholeNumber('--groups', values.groups);
  const down =
    values.down === undefined ? Math.ceil(groups / 2) : wholeNumber('--down', values.down);
  if (down > groups) throw new Error('--down wants no more masters than there are groups');
  return {
    groups,
    down,
    lineUps: choose('line-up', LINE_UPS, values.kinds),
    downAfter: wholeNumber('--down-after', values['down-after']),
    failoverTimeout: wholeNumber('--failover-timeout', values['failover-timeout']),
    steadyMs: wholeNumber('--steady', values.steady) * 1000,
    limitMs: wholeNumber('--limit', values.limit) * 1000,
    json: values.json ?? null,
  };
}
