/**
 * What reading and writing configurations needs of a world: a file system in memory, and the
 * default user's line.
 */

import type { ConfigIo } from '../../src/config/index.ts';
import { type Compat, DIALECTS } from '../../src/core/index.ts';
import { ROWS } from '../../src/server/commands/index.ts';
import { CommandTable } from '../../src/server/table.ts';
import { Users } from '../../src/server/users.ts';

const missing = 'No such file or directory';

/** @param files absolute paths to texts; folders are the prefixes of these paths, and `/data`. */
export function memoryIo(files: Readonly<Record<string, string>> = {}): ConfigIo {
  let cwd = '/data';
  const absolute = (path: string) => (path.startsWith('/') ? path : `${cwd}/${path}`);
  const isFolder = (path: string) =>
    path === '/data' || Object.keys(files).some((name) => name.startsWith(`${path}/`));
  return {
    cwd: () => cwd,
    chdir: (path) => {
      if (!isFolder(absolute(path))) return missing;
      cwd = absolute(path);
      return null;
    },
    readFile: (path) => {
      const text = files[absolute(path)];
      return text === undefined ? { error: missing } : { text };
    },
    glob: (pattern) => {
      const [head, tail] = absolute(pattern).split('*') as [string, string];
      return Object.keys(files)
        .filter((name) => name.startsWith(head) && name.endsWith(tail))
        .sort();
    },
    openForAppend: (path) => {
      const folder = absolute(path).replace(/\/[^/]*$/, '');
      return isFolder(folder) ? null : missing;
    },
    isExecutable: (path) => path.startsWith('/bin/') || path.startsWith('/opt/'),
  };
}

/**
 * The line of the user `default` while nothing but `requirepass` was said about it (config.md
 * §7.3).
 */
export function defaultUserLine(requirepass: string | null, compat: Compat): string {
  const dialect = DIALECTS[compat];
  const users = new Users(new CommandTable(ROWS, dialect, new Map()), false, dialect.databases);
  if (requirepass !== null) users.requirePassword(requirepass);
  return users.lines(dialect)[0]!;
}
