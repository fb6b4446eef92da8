/**
 * Mount points, as Linux reports them; on other systems nothing is known, and no file counts as a
 * mount point.
 */
import { readFileSync } from 'node:fs';

const MOUNTS = '/proc/self/mountinfo';

/**
 * Whether this file is a mount point itself (a single file in a container). `path` is a byte
 * string, absolute and without links.
 */
export function isMountPoint(path: string): boolean {
  try {
    return mountPoints(readFileSync(MOUNTS, 'latin1')).includes(path);
  } catch {
    return false;
  }
}

/** The fifth field of each line; blanks and the like are written in octal. */
export function mountPoints(text: string): string[] {
  const words = text.split('\n').map((line) => line.split(' ')[4] ?? '');
  return words.map((word) =>
    word.replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    ),
  );
}
