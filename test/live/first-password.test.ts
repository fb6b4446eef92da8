/**
 * The recipe of OPERATIONS for the first password of the Sentinels: nobody is locked out, and in
 * the end everybody needs it.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { until } from '../../src/tools/lab/index.ts';
import { readyGroup } from '../support/live.ts';

const typed = (command: string) => execFileSync('sh', ['-c', command], { encoding: 'utf8' }).trim();
const OPERATIONS = readFileSync('docs/OPERATIONS.md', 'utf8');

it('Sentinels without a password get one while all see each other', async () => {
  const group = await readyGroup({ sentinels: ['ours', 'ours', 'ours'] });
  const { sentinels, name } = group;
  const everywhere = (...commands: string[]) => {
    for (const { port } of sentinels) {
      for (const command of commands) {
        expect(OPERATIONS).toContain(`    ${command}\n`);
        expect(typed(command.replace('-p 26379', `-p ${port}`))).toBe('OK');
      }
    }
  };
  const as = '--user app --pass new';
  const flags = (options: string) =>
    sentinels.flatMap(({ port }) =>
      typed(`redis-cli -p ${port} ${options} SENTINEL SENTINELS ${name} | paste - -`)
        .split('\n')
        .filter((line) => line.startsWith('flags\t')),
    );
  const whole = (options: string) =>
    flags(options).join() === Array(6).fill('flags\tsentinel').join();

  everywhere(
    "redis-cli -p 26379 ACL SETUSER app on '>new' '&*' +@all",
    'redis-cli -p 26379 SENTINEL CONFIG SET sentinel-user app',
    'redis-cli -p 26379 SENTINEL CONFIG SET sentinel-pass new',
  );
  await until(() => whole(''), 'all see each other with a user');
  everywhere(
    `redis-cli -p 26379 ${as} ACL SETUSER default off`,
    `redis-cli -p 26379 ${as} SENTINEL FLUSHCONFIG`,
  );
  for (const { port } of sentinels) expect(typed(`redis-cli -p ${port} PING`)).toMatch(/^NOAUTH/);
  for (const one of sentinels) {
    await one.kill('SIGTERM');
    await one.restart();
  }
  await until(() => whole(as), 'all see each other with closed doors, from their files');
}, 60_000);
