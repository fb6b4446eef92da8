import { describe, expect, it } from 'vitest';
import type { Input } from '../../../src/core/index.ts';
import { type LinkEffect, Links } from '../../../src/links/index.ts';
import { errorText } from '../../../src/shell/errno.ts';

const connect = (connection: number): LinkEffect => {
  const place = { host: '127.0.0.1', port: 1, tls: false };
  return { type: 'connect', connection, role: 'command', ...place };
};

describe('a connection for which there is no descriptor to spare', () => {
  it('fails as if the system had refused it, when the turn is over', async () => {
    const inputs: Input[] = [];
    const ports = { input: (one: Input) => void inputs.push(one), log: () => {}, errorText };
    const links = new Links({ ...ports, mayOpen: () => false });
    links.apply(connect(1));
    links.apply(connect(2));
    expect(inputs).toEqual([]);
    links.apply({ type: 'close', connection: 2 });
    await new Promise(setImmediate);
    expect(inputs).toEqual([
      { type: 'disconnected', connection: 1, reason: 'Too many open files' },
    ]);
    expect(links.size).toBe(0);
  });
});
