/**
 * The few string directives that restrict their text (config.md §5), each with the original's
 * error.
 */

import type { Values } from './types.ts';

/** Variables of `proc-title-template`; true: never empty while the file is being read. */
const TITLE_VARIABLES: ReadonlyMap<string, boolean> = new Map([
  ['title', false],
  ['unixsocket', false],
  ['listen-addr', true],
  ['server-mode', true],
  ['port', true],
  ['tls-port', true],
  ['config-file', true],
]);

/**
 * A template may only use known variables and must not result in a blank title. The original tries
 * it with an empty title, so `{title}` alone is refused there and here.
 */
function isTitleTemplate(template: string, values: Values): boolean {
  let shows = false;
  let at = 0;
  while (at < template.length) {
    if (template[at] !== '{' || template[at + 1] === '{') {
      shows ||= !' \t\n\v\f\r'.includes(template[at]!);
      at += template[at] === '{' ? 2 : 1;
      continue;
    }
    const end = template.indexOf('}', at);
    const filled = end < 0 ? undefined : TITLE_VARIABLES.get(template.slice(at + 1, end));
    if (filled === undefined) return false;
    const isSocket = template.slice(at + 1, end) === 'unixsocket';
    shows ||= filled || (isSocket && values.get('unixsocket') !== null);
    at = end + 1;
  }
  return shows;
}

function checkFileName(name: string, what: string, text: string): string | null {
  if (text === '' && name !== 'dbfilename') return `${name} can't be empty`;
  return text.includes('/') ? `${name} can't be a path, just a ${what}` : null;
}

/** The error for an unsuitable text, or null. */
export function checkString(name: string, text: string, values: Values): string | null {
  switch (name) {
    case 'proc-title-template':
      return isTitleTemplate(text, values)
        ? null
        : 'template format is invalid or contains unknown variables';
    case 'dbfilename':
    case 'appendfilename':
      return checkFileName(name, 'filename', text);
    case 'appenddirname':
      return checkFileName(name, 'dirname', text);
    case 'cluster-announce-hostname':
      if (text.length >= 256) return 'Hostnames must be less than 256 characters';
      return /^[0-9A-Za-z.-]*$/.test(text)
        ? null
        : 'Hostnames may only contain alphanumeric characters, hyphens or dots';
    case 'notify-keyspace-events':
      // Redis 8.2 added o and c.
      return /^[Ag$lshzxeKEtmdnoc]*$/.test(text)
        ? null
        : "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
    default:
      return null;
  }
}
