/**
 * A disk in virtual time for the real file writer: what was not synced can be lost in a power cut,
 * folder entries as well as contents, and every single operation can fail, take long, or be the
 * last one.
 */
import type { FileStatus, Fs, OpenFile } from '../../src/shell/save/fs.ts';

/** What happens at an operation; `cut` before it took effect or after. */
export type Mishap =
  | { readonly kind: 'fail'; readonly code: string }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'cut'; readonly done: boolean };

export interface DiskPorts {
  after(ms: number, run: () => void): void;
  random(): number;
  /** The process or the machine stops in the middle of the operation. */
  cut(): void;
}

/** Permission bits, owner and group. */
export interface Rights {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

interface Inode {
  data: Buffer;
  /** What a power cut leaves; null: nothing for sure. */
  synced: Buffer | null;
  rights: Rights;
  /** The same of the rights. */
  syncedRights: Rights;
}

/** A change of the folder: the name means this inode from now on, or nothing. */
interface Entry {
  readonly name: string;
  readonly inode: Inode | null;
}

const OPERATION_MS = 0.3;
const OURS: Rights = { mode: 0o600, uid: 1, gid: 1 };

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

export class VirtualDisk implements Fs {
  /** Asked before each operation, counted from 1. */
  mishap: (count: number, operation: string) => Mishap | null = () => null;
  /** It says that it synced, and did not. */
  lies = false;
  /** The file is a mount of its own: it cannot be renamed over. */
  mounted = false;
  /** Files may not be given away; to another group they may. */
  strict = false;
  /** Operations so far, for a plan of mishaps. */
  readonly operations: string[] = [];
  #running = 0;
  readonly #ports: DiskPorts;
  readonly #names = new Map<string, Inode>();
  readonly #links = new Map<string, string>();
  #durable = new Map<string, Inode>();
  #unsynced: Entry[] = [];

  constructor(ports: DiskPorts) {
    this.#ports = ports;
  }

  /** An operation is under way. */
  get busy(): boolean {
    return this.#running > 0;
  }

  /** A file that is there and safe. */
  put(name: string, text: string, rights: Rights = OURS): void {
    const data = Buffer.from(text, 'latin1');
    const inode = { data, synced: data, rights, syncedRights: rights };
    this.#names.set(name, inode);
    this.#durable.set(name, inode);
  }

  text(name: string): string {
    return this.#names.get(name)!.data.toString('latin1');
  }

  rights(name: string): Rights {
    return this.#names.get(name)!.rights;
  }

  /** A symbolic link that is there and safe. */
  link(name: string, target: string): void {
    this.#links.set(name, target);
  }

  names(): string[] {
    return [...this.#names.keys()];
  }

  /**
   * The power goes: of what was not synced any part may be there or not, a folder's changes in
   * their order.
   */
  losePower(): void {
    const { random } = this.#ports;
    const arrived = Math.floor(random() * (this.#unsynced.length + 1));
    for (const entry of this.#unsynced.slice(0, arrived)) apply(this.#durable, entry);
    this.#unsynced = [];
    this.#names.clear();
    for (const [name, inode] of this.#durable) {
      inode.data = survivor(inode, random);
      inode.synced = inode.data;
      if (random() < 0.5) inode.rights = inode.syncedRights;
      inode.syncedRights = inode.rights;
      this.#names.set(name, inode);
    }
    this.#durable = new Map(this.#names);
  }

  realpath(path: string): Promise<string> {
    return this.#do('realpath', () => this.#links.get(path) ?? path);
  }

  stat(path: string): Promise<FileStatus> {
    return this.#do('stat', () => {
      const { rights } = this.#find(this.#links.get(path) ?? path);
      return { kind: 'file', ...rights };
    });
  }

  read(path: string): Promise<Buffer> {
    return this.#do('read', () => Buffer.from(this.#find(path).data));
  }

  create(path: string): Promise<OpenFile> {
    return this.#do('create', () => {
      if (this.#names.has(path)) throw systemError('EEXIST');
      const inode = { data: Buffer.alloc(0), synced: null, rights: OURS, syncedRights: OURS };
      this.#change({ name: path, inode });
      return this.#open('temporary', inode);
    });
  }

  overwrite(path: string): Promise<OpenFile> {
    return this.#do('overwrite', () => this.#open('file', this.#find(path)));
  }

  openFolder(): Promise<OpenFile> {
    return this.#do('open folder', () => this.#open('folder', null));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#do('rename', () => {
      const inode = this.#find(from);
      if (this.mounted) throw systemError('EBUSY');
      this.#change({ name: to, inode });
      this.#change({ name: from, inode: null });
    });
  }

  async isMountPoint(): Promise<boolean> {
    return this.mounted;
  }

  unlink(path: string): Promise<void> {
    return this.#do('unlink', () => {
      this.#find(path);
      this.#change({ name: path, inode: null });
    });
  }

  #find(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw systemError('ENOENT');
    return inode;
  }

  #change(entry: Entry): void {
    apply(this.#names, entry);
    this.#unsynced.push(entry);
  }

  #open(what: string, inode: Inode | null): OpenFile {
    return {
      write: (bytes, at) =>
        this.#do(`${what} write`, () => {
          const old = inode!.data;
          const end = Buffer.alloc(Math.max(old.length, bytes.length));
          old.copy(end);
          bytes.copy(end, at, at);
          inode!.data = end;
          return bytes.length - at;
        }),
      truncate: (length) =>
        this.#do(`${what} truncate`, () => {
          inode!.data = inode!.data.subarray(0, length);
        }),
      sync: () =>
        this.#do(`${what} sync`, () => {
          if (this.lies) return;
          if (inode !== null) {
            inode.synced = inode.data;
            inode.syncedRights = inode.rights;
          } else {
            for (const entry of this.#unsynced) apply(this.#durable, entry);
            this.#unsynced = [];
          }
        }),
      chmod: (mode) =>
        this.#do(`${what} chmod`, () => {
          inode!.rights = { ...inode!.rights, mode };
        }),
      chown: (uid, gid) =>
        this.#do(`${what} chown`, () => {
          if (this.strict && uid !== -1) throw systemError('EPERM');
          const { rights } = inode!;
          inode!.rights = { ...rights, uid: uid === -1 ? rights.uid : uid, gid };
        }),
      close: () => Promise.resolve(),
    };
  }

  #do<T>(operation: string, effect: () => T): Promise<T> {
    this.operations.push(operation);
    const mishap = this.mishap(this.operations.length, operation);
    const ms = mishap?.kind === 'delay' ? mishap.ms : OPERATION_MS * (0.5 + this.#ports.random());
    this.#running += 1;
    return new Promise((resolve, reject) => {
      this.#ports.after(ms, () => {
        this.#running -= 1;
        if (mishap?.kind === 'fail') return reject(systemError(mishap.code));
        if (mishap?.kind === 'cut') {
          // Nobody is left to hear how it went, refused operations included.
          try {
            if (mishap.done) effect();
          } catch {}
          return this.#ports.cut();
        }
        try {
          resolve(effect());
        } catch (error) {
          reject(error);
        }
      });
    });
  }
}

function apply(names: Map<string, Inode>, { name, inode }: Entry): void {
  if (inode === null) names.delete(name);
  else names.set(name, inode);
}

/** The synced content, or the new one, or what a torn write leaves of both. */
function survivor({ data, synced }: Inode, random: () => number): Buffer {
  if (synced === data) return data;
  const old = synced ?? Buffer.alloc(0);
  const fate = random();
  if (fate < 0.3) return old;
  if (fate < 0.5) return data;
  const torn = Math.floor(random() * data.length);
  return Buffer.concat([data.subarray(0, torn), old.subarray(torn)]);
}
