/**
 * Large buffers straight from the system: they are given back at will, or when they are collected. What the allocator of
 * C hands out from its heap may stay there for good, pinned by whatever small thing came to lie behind it.
 */

/** What the language's own types do not know yet. */
interface Resizable {
  readonly resizable: boolean;
  readonly maxByteLength: number;
  resize(bytes: number): void;
}
const ResizableBuffer = ArrayBuffer as unknown as new (
  bytes: number,
  options: { readonly maxByteLength: number },
) => ArrayBuffer;

/** From so many bytes on it is worth it. */
export const PAGES_BYTES = 64 * 1024;

function memoryOf(buffer: Buffer): ArrayBuffer & Resizable {
  return buffer.buffer as ArrayBuffer & Resizable;
}

/** All zero. `growth`: how many times larger it may become, which takes address space only. */
export function pages(bytes: number, growth = 1): Buffer {
  return Buffer.from(new ResizableBuffer(bytes, { maxByteLength: bytes * growth }));
}

/** The same buffer made larger in place, or null where that cannot be. */
export function grown(buffer: Buffer, bytes: number): Buffer | null {
  const memory = memoryOf(buffer);
  if (!memory.resizable || memory.maxByteLength < bytes) return null;
  memory.resize(bytes);
  return Buffer.from(memory);
}

/** Its memory goes back at once, if it came from `pages`; nobody may look at it any more. */
export function giveBack(buffer: Buffer): void {
  const memory = memoryOf(buffer);
  if (memory.resizable) memory.resize(0);
}
