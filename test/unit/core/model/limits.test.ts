import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../../src/core/model/limits.ts';

const text = readFileSync(new URL('../../../../docs/SECURITY.md', import.meta.url), 'utf8');

/** As the document writes it. */
function written(name: string, value: number): string[] {
  const count = String(value).replace(/\B(?=(\d{3})+$)/g, ',');
  if (!name.endsWith('Bytes')) return [count];
  const kB = value / 1024;
  return [`${count} bytes`, `${kB} kB`, `${kB / 1024} MB`];
}

describe('the ceilings', () => {
  it('are all in the document on security, as they are', () => {
    const table = text.slice(
      text.indexOf('## What is limited'),
      text.indexOf('## What is not defended'),
    );
    const missing = Object.entries(LIMITS).filter(
      ([name, value]) => !written(name, value).some((form) => table.includes(form)),
    );
    expect(missing).toEqual([]);
  });
});
