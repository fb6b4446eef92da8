/**
 * Files with every legal line of a line of servers: the original takes them, so does ours, keeps
 * every value over a rewrite, and the original takes what ours has written.
 *
 * The installed `redis-sentinel` is asked, and those of the other lines where they are fetched
 * (`bin/oracles.js`).
 */

import { writeFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DIALECTS } from '../../src/core/index.ts';
import {
  findOracle,
  ORACLES,
  type OracleName,
  RedisServer,
  Sentinel,
} from '../../src/tools/lab/index.ts';
import { bareLines, keptLine, type LegalLine, legalLines } from '../support/directives.ts';

/** The name by which `directives.txt` knows each original. */
const NAMES: Readonly<Record<OracleName, string>> = {
  installed: 'redis-7.0',
  'redis-8': 'redis-8.0',
  'valkey-8': 'valkey-8.1',
  'valkey-9': 'valkey-9',
};

const rebootWord = DIALECTS['redis-8'].rebootDirective;

/** What the lab says itself, and what ends a Sentinel that is started by hand. */
const ofTheLab = /^(bind|loglevel|requirepass|supervised|unixsocket) /;

/** What needs a place or a port of its own: other tests say it (config-parity, listeners, tls). */
const ofAPlace = 'aclfile dir logfile pidfile port tls-cert-file tls-port'.split(' ');

/** What no server takes together with `replicaof`, or serves nobody with it. */
const rival = new Map([
  ['cluster-enabled', 'replicaof'],
  ['replica-serve-stale-data', 'replicaof'],
]);

/** The lines of a line of servers in as few files as possible, no value being said twice in any. */
function filesOf(line: string): LegalLine[][] {
  const files: { lines: LegalLine[]; said: Set<string> }[] = [];
  for (const one of legalLines) {
    if (!one.servers.includes(line) || ofTheLab.test(one.text)) continue;
    const words = (keptLine(one.text, rebootWord) ?? one.text).split(' ');
    const name = words.slice(0, words[0] === 'sentinel' ? 2 : 1).join(' ');
    const value = rival.get(name) ?? name;
    let file = files.find(({ said }) => !said.has(value));
    if (file === undefined) {
      file = { lines: [], said: new Set() };
      files.push(file);
    }
    file.lines.push(one);
    file.said.add(value);
  }
  return files.map(({ lines }) => lines);
}

describe.each(ORACLES)('a file of %s', (name) => {
  it('is known with every directive that its server has', async ({ skip }) => {
    const oracle = findOracle(name);
    if ('missing' in oracle) return skip(oracle.missing);
    skip(oracle.version !== oracle.proven, `asked is ${oracle.proven}, there is ${oracle.version}`);
    const server = await RedisServer.start({ env: oracle.env });
    onTestFinished(() => server.dispose());
    const all = (await server.call('CONFIG', 'GET', '*')) as string[];
    const legal = legalLines.filter(({ servers }) => servers.includes(NAMES[name]));
    const known = new Set(legal.map(({ text }) => text.split(' ')[0]));
    const names = all.filter((_, index) => index % 2 === 0);
    expect(names.length).toBeGreaterThan(150);
    expect(names.filter((one) => !known.has(one)).sort()).toEqual(ofAPlace);
  });

  it('suits both, and goes back', async ({ skip }) => {
    const oracle = findOracle(name);
    if ('missing' in oracle) return skip(oracle.missing);
    skip(oracle.version !== oracle.proven, `asked is ${oracle.proven}, there is ${oracle.version}`);
    for (const lines of filesOf(NAMES[name])) {
      const sentinel = await Sentinel.prepare({
        ...{ kind: 'original', env: oracle.env, password: 'abc' },
        lines: ['sentinel monitor m 127.0.0.1 6390 2', ...lines.map(({ text }) => text)],
      });
      onTestFinished(() => sentinel.dispose());
      const before = sentinel.configText();
      await sentinel.restart();
      await sentinel.kill();
      writeFileSync(sentinel.configFile, `compat ${oracle.compat}\n${before}`, 'latin1');
      await sentinel.restart('ours');
      expect(await sentinel.command('SENTINEL', 'FLUSHCONFIG')).toBe('OK');
      const written = bareLines(sentinel.configText());
      for (const { text } of lines) {
        const kept = keptLine(text, DIALECTS[oracle.compat].rebootDirective);
        if (kept !== null) expect(written).toContain(kept);
      }
      // The one line that is ours.
      const back = sentinel.configText().replace(/^compat .*\n/m, '');
      writeFileSync(sentinel.configFile, back, 'latin1');
      await sentinel.restart('original');
      expect((await sentinel.master('m')).name).toBe('m');
    }
  }, 60_000);
});
