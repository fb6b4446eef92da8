import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { claims, freePort, isFree, portSpan } from '../../../../src/tools/lab/ports.ts';

/** The dice fall so that these ports are tried in turn. */
function tryInTurn(...ports: number[]): void {
  const { lowest, end } = portSpan();
  const dice = vi.spyOn(Math, 'random');
  for (const port of ports) dice.mockReturnValueOnce((port - lowest + 0.5) / (end - lowest));
}

afterEach(() => vi.restoreAllMocks());

test('a port is given to nobody else while the process lives that it was given to', async () => {
  const [theirs, other] = [await freePort(), await freePort()];
  rmSync(join(claims, String(other)));
  writeFileSync(join(claims, String(theirs)), String(process.ppid));
  tryInTurn(theirs, other);
  expect(await freePort()).toBe(other);
  expect(await isFree(theirs)).toBe(true);
  expect(readFileSync(join(claims, String(other)), 'latin1')).toBe(String(process.pid));
});

test('what a process left behind that was killed can be given again', async () => {
  const port = await freePort();
  const dead = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await new Promise((resolve) => dead.once('exit', resolve));
  mkdirSync(claims, { recursive: true });
  writeFileSync(join(claims, String(port)), String(dead.pid));
  tryInTurn(port, port);
  expect(await freePort()).toBe(port);
  expect(existsSync(join(claims, String(port)))).toBe(true);
});
