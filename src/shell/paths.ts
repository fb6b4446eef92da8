/**
 * File names inside the program are byte strings like everything else; the system takes bytes, Node
 * mostly text. These functions convert at the edge.
 */

/** The bytes of a path, for functions that take a Buffer. */
export function pathBytes(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}

/** For the few functions that only take text; bytes that are not UTF-8 are lost here. */
export function pathText(path: string): string {
  return Buffer.from(path, 'latin1').toString('utf8');
}

/** From Node's text (arguments, the working directory) to a byte string. */
export function byteString(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
