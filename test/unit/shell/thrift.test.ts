/** When what a busy moment needed is given back. */
import { describe, expect, it } from 'vitest';
import { Thrift } from '../../../src/shell/thrift.ts';

const MB = 1024 * 1024;

/** A process of so much memory whose clients make it keep so much; collecting leaves `floor`. */
function world() {
  const now = { resident: 80 * MB, kept: 0, floor: 80 * MB, collected: 0 };
  const thrift = new Thrift({
    residentBytes: () => now.resident,
    keptBytes: () => now.kept,
    collect: () => {
      now.collected += 1;
      now.resident = now.floor;
    },
  });
  const look = (times = 1) => {
    for (let index = 0; index < times; index += 1) thrift.look();
    return now.collected;
  };
  return { now, look };
}

describe('what a busy moment needed', () => {
  it('is left alone while nothing much has changed', () => {
    const { now, look } = world();
    now.resident = 90 * MB;
    expect(look(100)).toBe(0);
  });

  it('is collected when the process has grown, and again for the pages that were emptied', () => {
    const { now, look } = world();
    look();
    now.resident = 200 * MB;
    expect(look()).toBe(1);
    expect(look(100)).toBe(2);
  });

  it('is collected when clients keep it no more, though the process has not grown', () => {
    const { now, look } = world();
    look();
    Object.assign(now, { resident: 200 * MB, floor: 200 * MB, kept: 48 * MB });
    expect(look(100)).toBe(2);
    Object.assign(now, { kept: 0, floor: 85 * MB });
    look();
    expect(now.resident).toBe(85 * MB);
  });

  it('is not looked for again and again when it is needed', () => {
    const { now, look } = world();
    look();
    Object.assign(now, { resident: 300 * MB, floor: 300 * MB });
    expect(look(1000)).toBe(2);
  });
});
