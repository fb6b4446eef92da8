/**
 * The world as the configuration parser sees it: a few files in memory, any folder that is an
 * absolute path without `none` in it.
 */
import type { ConfigIo } from '../../../config/index.ts';

const MISSING = 'No such file or directory';

const FILES: ReadonlyMap<string, string> = new Map([
  ['/inc/timeout.conf', 'timeout 17\n# included\nloglevel verbose\n'],
  ['/inc/group.conf', 'sentinel monitor third 10.1.1.1 6379 1\nsentinel auth-pass third "a b"\n'],
  ['/inc/broken.conf', 'port x\n'],
  ['/inc/endless.conf', 'include /inc/endless.conf\n'],
]);

export function memoryIo(): ConfigIo {
  let cwd = '/data';
  return {
    cwd: () => cwd,
    chdir: (path) => {
      if (!path.startsWith('/') || path.includes('none') || path.includes('\0')) return MISSING;
      cwd = path;
      return null;
    },
    readFile: (path) => {
      const text = FILES.get(path);
      return text === undefined ? { error: MISSING } : { text };
    },
    glob: (pattern) => (pattern === '/inc/*.conf' ? ['/inc/timeout.conf', '/inc/group.conf'] : []),
    openForAppend: (path) => (path.includes('none') ? MISSING : null),
    isExecutable: (path) => path.startsWith('/bin/'),
  };
}
