/**
 * The address query is answered from memory: never an answer that is out of date, or that is not
 * the client's to have.
 */
import { describe, expect, it, onTestFinished } from 'vitest';
import { pause, Sentinel, Wire } from '../../src/tools/lab/index.ts';

const query = ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'm'] as const;

async function start(lines: readonly string[] = []) {
  const all = ['sentinel monitor m 127.0.0.1 1 1', 'sentinel monitor n 127.0.0.1 2 1', ...lines];
  const sentinel = await Sentinel.start({ kind: 'ours', lines: all });
  onTestFinished(() => sentinel.dispose());
  return { sentinel, wire: await sentinel.open() };
}

describe('a query that is asked again and again', () => {
  it('is answered alike, alone, in pipelines, cut up anywhere, mixed with others', async () => {
    const { wire } = await start();
    const ask = (...words: string[]) => wire.ask(...words);
    for (let count = 0; count < 5; count += 1) {
      expect(await ask(...query)).toEqual(['127.0.0.1', '1']);
      expect(await ask('SENTINEL', 'get-master-addr-by-name', 'n')).toEqual(['127.0.0.1', '2']);
      expect(await ask('PING')).toBe('PONG');
    }
    const many = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', index % 7 === 0 ? 'n' : 'm'),
      ),
    );
    expect(many.map((answer) => (answer as string[])[1])).toEqual(
      Array.from({ length: 200 }, (_, index) => (index % 7 === 0 ? '2' : '1')),
    );
    const bytes = '*3\r\n$8\r\nSENTINEL\r\n$23\r\nGET-MASTER-ADDR-BY-NAME\r\n$1\r\nm\r\n';
    const three = bytes.repeat(3);
    wire.record();
    let cuts = 0;
    for (let cut = 1; cut < three.length; cut += 9) {
      wire.write(three.slice(0, cut));
      await pause(1);
      wire.write(three.slice(cut));
      cuts += 1;
    }
    const reply = '*2\r\n$9\r\n127.0.0.1\r\n$1\r\n1\r\n';
    await expect.poll(() => wire.received.length).toBe(reply.length * 3 * cuts);
    expect(wire.received).toBe(reply.repeat(3 * cuts));
  });

  it('follows every change at once', async () => {
    const { wire } = await start();
    expect(await wire.ask(...query)).toEqual(['127.0.0.1', '1']);
    expect(await wire.ask(...query)).toEqual(['127.0.0.1', '1']);
    await wire.call('SENTINEL', 'REMOVE', 'm');
    expect(await wire.ask(...query)).toBeNull();
    await wire.call('SENTINEL', 'MONITOR', 'm', '127.0.0.1', '77', '1');
    expect(await wire.ask(...query)).toEqual(['127.0.0.1', '77']);
    expect(await wire.ask(...query)).toEqual(['127.0.0.1', '77']);
    // A hello with a newer configuration of another Sentinel.
    const hello = `127.0.0.1,5,${'f'.repeat(40)},9,m,127.0.0.1,99,9`;
    await wire.call('PUBLISH', '__sentinel__:hello', hello);
    expect(await wire.ask(...query)).toEqual(['127.0.0.1', '99']);
  });

  it('is refused when the user may not ask it any more, silent in CLIENT REPLY OFF', async () => {
    const { sentinel, wire } = await start([
      'user reader on nopass -@all +sentinel|get-master-addr-by-name',
    ]);
    const other = await Wire.open({ port: sentinel.port, username: 'reader', password: 'x' });
    for (let count = 0; count < 3; count += 1) {
      expect(await wire.ask(...query)).toEqual(['127.0.0.1', '1']);
      expect(await other.ask(...query)).toEqual(['127.0.0.1', '1']);
    }
    await wire.call('ACL', 'SETUSER', 'reader', '-sentinel|get-master-addr-by-name');
    expect(String(await other.ask(...query))).toContain('NOPERM');
    expect(await wire.ask(...query)).toEqual(['127.0.0.1', '1']);
    await wire.call('ACL', 'SETUSER', 'default', 'resetpass', '>secret');
    const stranger = await Wire.open({ port: sentinel.port });
    expect(String(await stranger.ask(...query))).toContain('NOAUTH');
    for (const one of [other, stranger]) one.close();
    wire.record();
    wire.write('CLIENT REPLY OFF\r\n');
    wire.write(`${query.join(' ')}\r\n`.repeat(3));
    wire.write('*3\r\n$8\r\nSENTINEL\r\n$23\r\nGET-MASTER-ADDR-BY-NAME\r\n$1\r\nm\r\n'.repeat(3));
    wire.write('CLIENT REPLY ON\r\n');
    await expect.poll(() => wire.received).toBe('+OK\r\n');
  });

  it('is counted and shown like any other', async () => {
    const { sentinel, wire } = await start();
    const other = await sentinel.open();
    const processed = async () =>
      Number((await sentinel.info('stats')).total_commands_processed ?? Number.NaN);
    const before = await processed();
    for (let count = 0; count < 50; count += 1) await wire.ask(...query);
    expect((await processed()) - before).toBe(51);
    const list = String(await other.call('CLIENT', 'LIST'));
    expect(list).toContain('cmd=sentinel|get-master-addr-by-name');
    other.close();
  });
});
