/** Addresses and bytes as log lines and CLIENT LIST show them. */

/** `ip:port` or `[ip]:port`; the path of a unix socket counts as port 0. */
export function peerText(address: string | undefined, port: number | undefined): string {
  if (address === undefined) return '?:0';
  const plain = address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
  return plain.includes(':') ? `[${plain}]:${port}` : `${plain}:${port}`;
}

/** Bytes as they are shown in a log line, in double quotes. */
export function quoted(text: string): string {
  const safe = text.replace(/["\\]/g, '\\$&').replace(/[^ -~]/g, (char) => {
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `"${safe}"`;
}
