import { describe, expect, it } from 'vitest';
import { hostMeans, sameAddress } from '../../../../src/core/model/address.ts';

describe('an address', () => {
  it('is the same as another by ip or by name, and never with another port', () => {
    const a = { host: 'Db1.local', ip: '10.0.0.1', port: 6379 };
    expect(sameAddress(a, { host: '10.0.0.1', ip: '10.0.0.1', port: 6379 })).toBe(true);
    expect(sameAddress(a, { host: 'db1.LOCAL', ip: '', port: 6379 })).toBe(true);
    expect(sameAddress(a, { ...a, port: 6380 })).toBe(false);
    expect(hostMeans(a, 'DB1.local')).toBe(true);
    expect(hostMeans(a, '10.0.0.2')).toBe(false);
  });
});
