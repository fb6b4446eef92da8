/** Puts the measured table into docs/CLIENTS.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Two folders above this file, in `src` as in `dist`. */
const FILE = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'docs', 'CLIENTS.md');
const FROM = '<!-- measured -->';
const TO = '<!-- until here -->';

/** Replaces what stands between the two marks. @throws Error when the file or a mark is missing */
export function writeDocument(lines: readonly string[]): void {
  const text = readFileSync(FILE, 'utf8');
  const [from, to] = [text.indexOf(FROM), text.indexOf(TO)];
  if (from < 0 || to < from) throw new Error(`${FILE} lacks its marks`);
  const head = text.slice(0, from + FROM.length);
  writeFileSync(FILE, `${head}\n${lines.join('\n')}\n${text.slice(to)}`);
}
