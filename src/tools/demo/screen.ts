/**
 * How the demonstration looks: sections, tables and bars within 100 columns, coloured on a terminal
 * and plain in a pipe.
 */

/** Colours only on a terminal, and not against NO_COLOR. */
const coloured = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

export type Paint = keyof typeof CODES;

/** `text` in a colour, or as it is where there are none. */
export function paint(colour: Paint, text: string): string {
  return coloured ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text;
}

/** Prints a line. */
export function say(text = ''): void {
  process.stdout.write(`${text}\n`);
}

/** Prints a heading with a blank line above. */
export function heading(text: string): void {
  say();
  say(paint('bold', text));
}

/**
 * Prints rows in columns as wide as their widest cell; `colour` paints a cell without disturbing
 * the widths.
 */
export function table(
  rows: readonly (readonly string[])[],
  colour: (row: number, column: number) => Paint | null = () => null,
): void {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  rows.forEach((row, index) => {
    const cells = row.map((cell, column) => {
      const padding = ' '.repeat((widths[column] ?? 0) - cell.length);
      const paintAs = colour(index, column);
      return (paintAs === null ? cell : paint(paintAs, cell)) + padding;
    });
    say(`  ${cells.join('  ')}`.trimEnd());
  });
}

/** The span `from`…`to` on a scale of `width` cells up to `limit`; never empty. */
export function span(from: number, to: number, limit: number, width: number): string {
  const cell = (value: number) => Math.round((value / limit) * width);
  const start = Math.min(cell(from), width - 1);
  return ' '.repeat(start) + '█'.repeat(Math.max(1, cell(to) - start));
}
