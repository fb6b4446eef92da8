/**
 * Temporary folders that are gone when they are removed, or at the latest when this process ends.
 */
import { accessSync, constants, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders = new Set<string>();
let watching = false;

const MEMORY = '/dev/shm';
const TMPFS = 0x01021994;

/** A fresh folder below the system's temporary folder, named after `prefix`. */
export function temporaryFolder(prefix: string): string {
  return freshFolder(tmpdir(), prefix);
}

/**
 * The same on a file system that is memory, where there is one: for what must not stand still while
 * a slow disk syncs.
 */
export function memoryFolder(prefix: string): string {
  return freshFolder(isMemory() ? MEMORY : tmpdir(), prefix);
}

function isMemory(): boolean {
  try {
    accessSync(MEMORY, constants.W_OK);
    return statfsSync(MEMORY).type === TMPFS;
  } catch {
    return false;
  }
}

function freshFolder(below: string, prefix: string): string {
  if (!watching) {
    watching = true;
    process.once('exit', () => {
      for (const folder of folders) removeFolder(folder);
    });
  }
  const folder = mkdtempSync(join(below, `${prefix}-`));
  folders.add(folder);
  return folder;
}

/** Removes a folder and all that is in it; one that is already gone is no error. */
export function removeFolder(folder: string): void {
  folders.delete(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** Leaves this folder behind when the process ends (`--keep`). */
export function keepFolder(folder: string): void {
  folders.delete(folder);
}
