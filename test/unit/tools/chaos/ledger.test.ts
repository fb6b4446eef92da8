import { describe, expect, it } from 'vitest';
import { Ledger } from '../../../../src/tools/chaos/ledger.ts';

const IDS = { a: 'a'.repeat(40), b: 'b'.repeat(40), c: 'c'.repeat(40) };
type Name = keyof typeof IDS;

function log(...events: string[]): string {
  return events.map((event) => `12:X 21 Nov 2026 08:00:00.000 # ${event}\n`).join('');
}

/** What a candidate prints up to its victory. */
function victory(name: Name, epoch: number): string {
  const master = 'master mymaster 10.77.1.2 6379';
  return log(
    `+new-epoch ${epoch}`,
    `+try-failover ${master}`,
    `+vote-for-leader ${IDS[name]} ${epoch}`,
    `+elected-leader ${master}`,
  );
}

function vote(candidate: Name, epoch: number): string {
  return log(`+new-epoch ${epoch}`, `+vote-for-leader ${IDS[candidate]} ${epoch}`);
}

function read(logs: Partial<Record<Name, string>>, ledger = new Ledger()): Ledger {
  for (const name of Object.keys(logs) as Name[]) ledger.readLog(name, IDS[name], logs[name] ?? '');
  ledger.count();
  return ledger;
}

function hello(address: string, epoch: number): string {
  return `10.77.1.2,26379,${IDS.a},9,mymaster,${address},6379,${epoch}`;
}

function file(address: string, config: number, current: number): string {
  return [
    `sentinel monitor mymaster ${address} 6379 2`,
    `sentinel config-epoch mymaster ${config}`,
    `sentinel current-epoch ${current}`,
    '',
  ].join('\n');
}

describe('the ledger of a chaos run', () => {
  it('finds nothing wrong with one leader an epoch that has a majority', () => {
    const ledger = read({ a: victory('a', 1) + vote('b', 2), b: vote('a', 1) + victory('b', 2) });
    expect(ledger.problems).toEqual([]);
    expect(ledger.elections).toBe(2);
  });

  it('sees a second vote in an epoch, also when the log is read in pieces', () => {
    const first = vote('a', 3);
    const ledger = read({ c: first });
    read({ c: first + vote('b', 3) }, ledger);
    const sentence = `Sentinel c voted for ${IDS.a} and for ${IDS.b} in epoch 3`;
    expect(ledger.problems).toEqual([sentence]);
  });

  it('sees two leaders of an epoch', () => {
    const { problems } = read({ a: victory('a', 4), b: victory('b', 4), c: vote('a', 4) });
    expect(problems).toContain('epoch 4 has two leaders: Sentinels a and b');
  });

  it('sees a leader whose votes are of another epoch', () => {
    const { problems } = read({ a: victory('a', 5), b: vote('a', 6) });
    expect(problems).toEqual(['Sentinel a became leader of epoch 5 with 1 of 3 votes']);
  });

  it('takes the epoch of a candidacy from its own vote, not from what others raised it to', () => {
    const master = 'master mymaster 10.77.1.2 6379';
    const candidate = log(
      '+new-epoch 7',
      `+try-failover ${master}`,
      `+vote-for-leader ${IDS.a} 7`,
      '+new-epoch 8',
      `+elected-leader ${master}`,
    );
    expect(read({ a: candidate, b: vote('a', 7) }).problems).toEqual([]);
  });

  it('leaves a line alone until all of it is there', () => {
    const text = victory('a', 1);
    const ledger = read({ b: vote('a', 1) });
    read({ a: text.slice(0, -10) }, ledger);
    expect(ledger.elections).toBe(0);
    read({ a: text }, ledger);
    expect(ledger.elections).toBe(1);
  });

  it('sees a config epoch that names two masters, in hellos and files', () => {
    const ledger = new Ledger();
    ledger.readHello(hello('10.77.1.2', 3));
    ledger.readHello(hello('10.77.2.2', 4));
    ledger.readHello(hello('10.77.2.2', 4).replace('mymaster', 'other').replace(/4$/, '3'));
    ledger.readConfig('b', file('10.77.2.2', 4, 4));
    expect(ledger.problems).toEqual([]);
    ledger.readConfig('c', file('10.77.3.2', 4, 4));
    expect(ledger.problems).toEqual([
      'config epoch 4 names 10.77.2.2:6379 (a hello of aaaaaaaa) and 10.77.3.2:6379 (the ' +
        'file of Sentinel c)',
    ]);
  });

  it('sees an epoch on disk that goes back, and a file that has lost its group', () => {
    const ledger = new Ledger();
    ledger.readConfig('a', file('10.77.1.2', 2, 3));
    ledger.readConfig('a', file('10.77.1.2', 2, 2));
    ledger.readConfig('b', 'port 26379\n');
    expect(ledger.problems).toEqual([
      'the epoch on disk of Sentinel a went from 3 (config epoch 2) to 2 (config epoch 2)',
      'the file of Sentinel b does not monitor mymaster any more',
    ]);
  });
});
