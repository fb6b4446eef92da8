/**
 * Large buffers allocated directly from the system: they are returned on demand, or when collected.
 * Memory from the C heap may stay there for good, pinned by any small allocation behind it.
 */

/** Not yet part of TypeScript's own types. */
interface Resizable {
  readonly resizable: boolean;
  readonly maxByteLength: number;
  resize(bytes: number): void;
}
const ResizableBuffer = ArrayBuffer as unknown as new (
  bytes: number,
  options: { readonly maxByteLength: number },
) => ArrayBuffer;

/** Size from which on this is worthwhile. */
export const PAGES_BYTES = 64 * 1024;

function memoryOf(buffer: Buffer): ArrayBuffer & Resizable {
  return buffer.buffer as ArrayBuffer & Resizable;
}

/** Zero-filled. `growth`: factor by which it may grow, which only reserves address space. */
export function pages(bytes: number, growth = 1): Buffer {
  return Buffer.from(new ResizableBuffer(bytes, { maxByteLength: bytes * growth }));
}

/** The same buffer enlarged in place, or null where that is impossible. */
export function grown(buffer: Buffer, bytes: number): Buffer | null {
  const memory = memoryOf(buffer);
  if (!memory.resizable || memory.maxByteLength < bytes) return null;
  memory.resize(bytes);
  return Buffer.from(memory);
}

/** Returns its memory at once, if it came from `pages`; it must not be used any more. */
export function giveBack(buffer: Buffer): void {
  const memory = memoryOf(buffer);
  if (memory.resizable) memory.resize(0);
}
