/**
 * Resolves names: `resolve` effects into `resolved` inputs. At most one query per name is in
 * progress, and every query is answered in time, with null if there is no other answer.
 *
 * The system's own resolver (getaddrinfo) is asked first, because originals on the same host use
 * it: same hosts file, same search domains, same choice between IPv4 and IPv6. But it occupies a
 * thread of Node's small pool for as long as a silent name server makes it wait, and the saves need
 * that pool too. So at most two names may occupy it at a time; a name that finds it busy, or gets
 * no answer from it, is looked up without a thread, at the name servers and in the hosts file, with
 * the search list read here. A dead zone then delays its own names only.
 */

import { promises as dns, lookup as systemLookup } from 'node:dns';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { Input } from '../core/index.ts';

export interface ResolverPorts {
  /** Receives `resolved`. */
  input(input: Input): void;
  /** The system's resolver. Default: getaddrinfo. A promise that never settles keeps its slot. */
  system?(host: string): Promise<string>;
}

export interface ResolverOptions {
  /** A query without an answer after this is answered with null. */
  readonly timeoutMs?: number;
  /** The name servers are asked when the system has not answered after this. */
  readonly patienceMs?: number;
  /** `address:port` of the name servers; default: the system's. */
  readonly servers?: readonly string[];
  readonly hostsFile?: string;
  readonly resolvFile?: string;
}

const SLOTS_MAX = 2;
/**
 * Concurrent queries; each may hold sockets open. The next `WAITING_MAX` are queued, further ones
 * answered with null.
 */
const ASKED_MAX = 32;
const WAITING_MAX = 1000;
/**
 * Names that had an address are looked up first: made-up names must not keep us from those in use.
 */
const GOOD_MAX = 10_000;

export class NameResolver {
  readonly #input: (input: Input) => void;
  readonly #system: (host: string) => Promise<string>;
  readonly #options: Required<Omit<ResolverOptions, 'servers'>>;
  readonly #servers: readonly string[] | null;
  readonly #asking = new Set<string>();
  readonly #waiting: string[] = [];
  readonly #good = new Set<string>();
  #asked = 0;
  #slots = 0;

  constructor(ports: ResolverPorts, options: ResolverOptions = {}) {
    this.#input = (input) => ports.input(input);
    this.#system = ports.system?.bind(ports) ?? getaddrinfo;
    this.#servers = options.servers ?? null;
    this.#options = {
      timeoutMs: options.timeoutMs ?? 2000,
      patienceMs: options.patienceMs ?? 500,
      hostsFile: options.hostsFile ?? '/etc/hosts',
      resolvFile: options.resolvFile ?? '/etc/resolv.conf',
    };
  }

  /** Looks up `host` unless that query is in progress. A numeric address is its own answer. */
  resolve(host: string): void {
    if (this.#asking.has(host)) return;
    this.#asking.add(host);
    if (this.#good.has(host)) this.#waiting.unshift(host);
    else this.#waiting.push(host);
    const last = this.#waiting.length > WAITING_MAX ? this.#waiting.pop() : undefined;
    if (last !== undefined) process.nextTick(() => this.#answered(last, null));
    this.#askNext();
  }

  #answered(host: string, address: string | null): void {
    this.#asking.delete(host);
    if (address !== null && this.#good.size < GOOD_MAX) this.#good.add(host);
    this.#input({ type: 'resolved', host, address });
  }

  #askNext(): void {
    if (this.#asked >= ASKED_MAX) return;
    const host = this.#waiting.shift();
    if (host === undefined) return;
    this.#asked += 1;
    this.#answer(host).then((address) => {
      this.#asked -= 1;
      this.#answered(host, address);
      this.#askNext();
    });
  }

  /** Never rejects, and takes no longer than the timeout. */
  async #answer(host: string): Promise<string | null> {
    if (isIP(host) !== 0) return host;
    const cancel = new AbortController();
    const { signal } = cancel;
    const system = this.#slots < SLOTS_MAX ? this.#askSystem(host) : null;
    const patience = system === null ? 0 : this.#options.patienceMs;
    const servers = after(patience, signal)
      .then(() => this.#askServers(host, signal))
      // Names unknown to the name servers may be known to the system (a machine's own names, a
      // directory service).
      .then((address) => address ?? system);
    const timeout = after(this.#options.timeoutMs, signal).then(() => null);
    const first = await Promise.race([...(system === null ? [] : [system]), servers, timeout]);
    cancel.abort();
    return first;
  }

  async #askSystem(host: string): Promise<string | null> {
    this.#slots += 1;
    try {
      return await this.#system(host);
    } catch {
      return null;
    } finally {
      this.#slots -= 1;
    }
  }

  /** Queries the name servers without occupying a thread. */
  async #askServers(host: string, signal: AbortSignal): Promise<string | null> {
    const known = hostsEntry(readText(this.#options.hostsFile), host);
    if (known !== null) return known;
    for (const name of candidates(host, readText(this.#options.resolvFile))) {
      if (signal.aborted) break;
      const address = await this.#query(name, signal);
      if (address !== null) return address;
    }
    return null;
  }

  async #query(name: string, signal: AbortSignal): Promise<string | null> {
    const resolver = new dns.Resolver({ timeout: 500, tries: 3 });
    if (this.#servers !== null) resolver.setServers(this.#servers);
    const cancel = () => resolver.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      // Some servers never answer for an address family without records: wait for IPv6 only if
      // there is no IPv4 address.
      const six = resolver.resolve6(name).catch(() => []);
      const four = await resolver.resolve4(name).catch(() => []);
      return four[0] ?? (await six)[0] ?? null;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }
}

/** The address of `host` in the text of a hosts file: the first line that names it. */
export function hostsEntry(text: string, host: string): string | null {
  const wanted = host.toLowerCase();
  for (const line of text.split('\n')) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (address && isIP(address) !== 0 && names.some((name) => name.toLowerCase() === wanted)) {
      return address;
    }
  }
  return null;
}

/**
 * The full names to try for `host`, in order, by the `search`, `domain` and `ndots` settings of a
 * resolv.conf.
 */
export function candidates(host: string, resolvConf: string): string[] {
  if (host.endsWith('.')) return [host];
  let search: string[] = [];
  let dots = 1;
  for (const line of resolvConf.split('\n')) {
    const [word, ...values] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    if (word === 'search' || word === 'domain') search = values;
    const option =
      word === 'options' ? values.find((value) => value.startsWith('ndots:')) : undefined;
    if (option !== undefined) dots = Number(option.slice('ndots:'.length)) || 0;
  }
  const longer = search.map((domain) => `${host}.${domain}`);
  const hasDots = host.split('.').length - 1 >= dots;
  return hasDots ? [host, ...longer] : [...longer, host];
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function getaddrinfo(host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    systemLookup(host, { verbatim: true }, (error, address) => {
      if (error) reject(error);
      else resolve(address);
    });
  });
}

/** Resolves after `ms`, or at once when the signal fires. */
function after(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
