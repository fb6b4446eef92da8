/** Three Sentinels of these kinds in one quorum: what the benches compare. */
import type { SentinelKind } from '../lab/index.ts';

export interface LineUp {
  /** As it is asked for, and as it is shown. */
  readonly word: string;
  readonly name: string;
  readonly kinds: readonly SentinelKind[];
}

export const LINE_UPS: readonly LineUp[] = [
  { word: 'original', name: 'original', kinds: ['original', 'original', 'original'] },
  { word: 'ours', name: 'ours', kinds: ['ours', 'ours', 'ours'] },
  { word: '1+2', name: '1 ours + 2 originals', kinds: ['ours', 'original', 'original'] },
  { word: '2+1', name: '2 ours + 1 original', kinds: ['ours', 'ours', 'original'] },
];
