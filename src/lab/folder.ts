/** Temporary folders that are gone when they are removed, or at the latest when this process ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders = new Set<string>();
let watching = false;

/** A fresh folder below the system's temporary folder, named after `prefix`. */
export function temporaryFolder(prefix: string): string {
  if (!watching) {
    watching = true;
    process.once('exit', () => {
      for (const folder of folders) removeFolder(folder);
    });
  }
  const folder = mkdtempSync(join(tmpdir(), `${prefix}-`));
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
