/**
 * Small file systems of a test's own, which can be filled and made read-only. Root on Linux only.
 */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { removeFolder, temporaryFolder } from '../../src/tools/lab/index.ts';

/** Null when done, else what the program said. */
function run(program: string, ...args: string[]): string | null {
  const { error, status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (error !== undefined) return error.message;
  return status === 0 ? null : stderr.trim();
}

function must(complaint: string | null): void {
  if (complaint !== null) throw new Error(complaint);
}

/** Why nothing can be mounted here; null when it can. */
export function whyNoMounts(): string | null {
  const folder = temporaryFolder('mounts');
  const complaint = run('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder);
  if (complaint === null) must(run('umount', folder));
  removeFolder(folder);
  return complaint === null ? null : `needs the right to mount: ${complaint}`;
}

/** A tmpfs of 64 kB that is gone after the test. */
export class SmallDisk {
  readonly folder = temporaryFolder('disk');

  constructor() {
    must(run('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', this.folder));
    onTestFinished(() => {
      must(run('umount', '-l', this.folder));
      removeFolder(this.folder);
    });
  }

  /** Not a byte is left. */
  fill(): void {
    try {
      writeFileSync(join(this.folder, 'ballast'), Buffer.alloc(1 << 20));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }

  empty(): void {
    rmSync(join(this.folder, 'ballast'));
  }

  readOnly(): void {
    must(run('mount', '-o', 'remount,ro', this.folder));
  }

  writable(): void {
    must(run('mount', '-o', 'remount,rw', this.folder));
  }
}

/** Mounts a file over another until the test is over. */
export function bindFile(from: string, to: string): void {
  must(run('mount', '--bind', from, to));
  onTestFinished(() => must(run('umount', '-l', to)));
}
