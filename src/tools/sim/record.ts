/**
 * The transcript: what each process said or suffered, and when. A hash of it is the fingerprint of
 * a run; its end is shown when a checker objects, one column a process.
 */
export interface Entry {
  readonly at: number;
  readonly who: string;
  readonly text: string;
}

const KEPT = 600;

export class Record {
  readonly #time: { readonly now: number };
  readonly #keepAll: boolean;
  #entries: Entry[] = [];
  #hash = 0x811c9dc5;
  #count = 0;

  constructor(time: { readonly now: number }, keepAll: boolean) {
    this.#time = time;
    this.#keepAll = keepAll;
  }

  note(who: string, text: string): void {
    const at = this.#time.now;
    this.#entries.push({ at, who, text });
    this.#count += 1;
    this.#mix(who);
    this.#mix(text);
    this.#hash = Math.imul(this.#hash ^ Math.floor(at * 1000), 0x01000193) >>> 0;
    if (!this.#keepAll && this.#entries.length > 2 * KEPT)
      this.#entries = this.#entries.slice(-KEPT);
  }

  #mix(text: string): void {
    let hash = this.#hash;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    this.#hash = hash >>> 0;
  }

  /** Eight hexadecimal characters and the number of entries. */
  get fingerprint(): string {
    return `${this.#hash.toString(16).padStart(8, '0')}/${this.#count}`;
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** The last entries as a table with one column a process. */
  table(last = 120, width = 34): string {
    const entries = this.#entries.slice(-last);
    const names = [...new Set(entries.map((one) => one.who))].sort();
    const line = (at: string, cells: readonly string[]) =>
      `${at.padStart(11)} | ${cells.map((cell) => cell.padEnd(width)).join(' | ')}`.trimEnd();
    const rows = [line('ms', names), '-'.repeat(13 + names.length * (width + 3))];
    for (const { at, who, text } of entries) {
      const column = names.indexOf(who);
      for (const [index, piece] of pieces(text, width).entries()) {
        const cells = names.map((_, i) => (i === column ? piece : ''));
        rows.push(line(index === 0 ? at.toFixed(1) : '', cells));
      }
    }
    return rows.join('\n');
  }
}

function pieces(text: string, width: number): string[] {
  const found: string[] = [];
  for (let rest = text; rest !== ''; rest = rest.slice(width)) found.push(rest.slice(0, width));
  return found;
}
