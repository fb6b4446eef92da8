/**
 * Files with every legal line of a line of servers: the original takes them, so does ours, keeps every value over a rewrite, and
 * the original takes what ours has written.
 *
 * The installed `redis-sentinel` is asked. Others are when `SENTINEL_SERVERS` names a folder with `redis-8.0`, `valkey-8.1` or
 * `valkey-9` in it, each with a `bin/redis-sentinel`.
 */

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LINES } from '../../src/core/index.ts';
import { Sentinel } from '../../src/lab/index.ts';
import { isOriginalInstalled } from '../support/config-judges.ts';
import { bareLines, keptLine, type LegalLine, legalLines } from '../support/directives.ts';

const others = process.env.SENTINEL_SERVERS ?? '';

/** The environment in which `redis-sentinel` is of that line; null when there is none. */
function environmentOf(line: string): NodeJS.ProcessEnv | null {
  if (line === 'redis-7.0') return isOriginalInstalled() ? process.env : null;
  const bin = join(others, line, 'bin');
  if (others === '' || !existsSync(join(bin, 'redis-sentinel'))) return null;
  return { ...process.env, PATH: `${bin}:${process.env.PATH}` };
}

const rebootWord = LINES['redis-8'].rebootDirective;

/** What the lab says itself, and what ends a Sentinel that is started by hand. */
const ofTheLab = /^(bind|loglevel|requirepass|supervised|unixsocket) /;

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

describe.each(['redis-7.0', 'redis-8.0', 'valkey-8.1', 'valkey-9'])('a file of %s', (line) => {
  const env = environmentOf(line);

  it.skipIf(env === null)(
    `suits both, and goes back${env === null ? ' (skipped: no such server here)' : ''}`,
    async () => {
      for (const lines of filesOf(line)) {
        const sentinel = await Sentinel.prepare({
          ...{ kind: 'original', env: env!, password: 'abc' },
          lines: ['sentinel monitor m 127.0.0.1 6390 2', ...lines.map(({ text }) => text)],
        });
        onTestFinished(() => sentinel.dispose());
        const before = sentinel.configText();
        await sentinel.restart();
        await sentinel.kill();
        writeFileSync(sentinel.configFile, before, 'latin1');
        await sentinel.restart('ours');
        expect(await sentinel.command('SENTINEL', 'FLUSHCONFIG')).toBe('OK');
        const written = bareLines(sentinel.configText());
        for (const { text } of lines) {
          const kept = keptLine(text, rebootWord);
          if (kept !== null) expect(written).toContain(kept);
        }
        await sentinel.restart('original');
        expect((await sentinel.master('m')).name).toBe('m');
      }
    },
    60_000,
  );
});
