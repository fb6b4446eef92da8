/**
 * Aliases: other addresses of servers that have a record (`identity.ts`).
 */
import { type Address, endpoint, sameAddress } from '../model/address.ts';
import { LIMITS } from '../model/limits.ts';
import type { Group, Server } from '../model/state.ts';

/** The text under which an address is kept. */
export function textOf({ host, ip, port }: Address): string {
  return endpoint(ip === '' ? host.toLowerCase() : ip, port);
}

/** From now on `alias` means the server whose record has the address `own`. */
export function addAlias({ aliases }: Group, alias: string, own: string): void {
  aliases.delete(own);
  for (const [text, target] of aliases) if (target === alias) aliases.set(text, own);
  if (aliases.size >= LIMITS.replicas) aliases.clear();
  aliases.set(alias, own);
}

/** The group's server of which this address is an alias, if that one is up. */
export function knownAs(group: Group, address: Address): Server | null {
  const own = group.aliases.get(textOf(address));
  if (own === undefined) return null;
  for (const server of [group.master, ...group.replicas.values()]) {
    if (textOf(server.address) === own) return server.sDownSince === null ? server : null;
  }
  return null;
}

/**
 * The group's master moves to `to`. The record that is the same server under another address, which
 * must not be told to follow itself; null: there is none.
 */
export function sameServer(group: Group, to: Address): Server | null {
  const own = group.aliases.get(textOf(to));
  const { aliases, master, replicas } = group;
  for (const server of [master, ...replicas.values()]) {
    if (sameAddress(server.address, to)) continue;
    const text = textOf(server.address);
    if (text === own || aliases.get(text) === textOf(to)) {
      addAlias(group, text, textOf(to));
      return server;
    }
  }
  return null;
}
