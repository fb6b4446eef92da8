import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHeap, peekHeap, popHeap, pushHeap } from '../../../../src/core/model/heap.ts';

describe('the heap', () => {
  it('gives everything back in the order of time', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true })), (times) => {
        const heap = createHeap<number>();
        for (const at of times) pushHeap(heap, at, at);
        const out: number[] = [];
        while (peekHeap(heap) !== undefined) out.push(popHeap(heap)!.value);
        // Zero has two signs and no order between them.
        const plain = (list: number[]) => list.map((at) => at + 0);
        expect(plain(out)).toEqual(plain([...times].sort((a, b) => a - b)));
      }),
    );
  });
});
