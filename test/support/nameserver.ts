/**
 * A name server for tests, and processes that ask it and no other: they run in a mount namespace of
 * their own whose resolv.conf names it (root on Linux only).
 */
import { spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { removeFolder, temporaryFolder } from '../../src/tools/lab/index.ts';

/** Why no process can be given a resolver of its own here; null when it can. */
export function whyNoNameserver(): string | null {
  if (process.getuid?.() !== 0) return 'port 53 and mount namespaces need root';
  const trial = spawnSync('unshare', ['-m', '--propagation', 'private', 'true']);
  return trial.status === 0 ? null : 'no mount namespaces can be made here';
}

const A = 1;
const AAAA = 28;
const NAME_ERROR = 3;

export class Nameserver {
  readonly names = new Map<string, string>();
  /** Answers come so much later. */
  delayMs = 0;
  /** No answers at all. */
  silent = false;
  /** Questions so far. */
  asked = 0;
  readonly #socket: Socket;
  readonly #folder: string;

  constructor(socket: Socket, folder: string) {
    this.#socket = socket;
    this.#folder = folder;
    socket.on('message', (question, from) => {
      this.asked += 1;
      if (this.silent) return;
      const answer = this.#answer(question);
      setTimeout(() => {
        if (!this.silent) socket.send(answer, from.port, from.address, () => undefined);
      }, this.delayMs);
    });
  }

  /** Listens on port 53 of a loopback address of its own. */
  static async start(): Promise<Nameserver> {
    const random = () => 1 + Math.floor(Math.random() * 253);
    for (let attempt = 0; ; attempt += 1) {
      const address = `127.${random()}.${random()}.${random()}`;
      const socket = createSocket('udp4');
      try {
        await new Promise<void>((resolve, reject) => {
          socket.once('error', reject);
          socket.bind(53, address, resolve);
        });
      } catch (error) {
        socket.close();
        if (attempt > 10) throw error;
        continue;
      }
      const folder = temporaryFolder('nameserver');
      writeFileSync(join(folder, 'resolv.conf'), `nameserver ${address}\n`);
      return new Nameserver(socket, folder);
    }
  }

  /** Words to start a process with that is to ask this server only. */
  get wrap(): string[] {
    const mount = `mount --bind ${join(this.#folder, 'resolv.conf')} /etc/resolv.conf`;
    const script = `${mount} && exec "$0" "$@"`;
    return ['unshare', '-m', '--propagation', 'private', 'sh', '-c', script];
  }

  stop(): void {
    this.silent = true;
    this.#socket.close();
    removeFolder(this.#folder);
  }

  /** One question, at most one address; the other family gets an empty answer. */
  #answer(question: Buffer): Buffer {
    const labels: string[] = [];
    let at = 12;
    for (let length = question[at]!; length > 0; length = question[at]!) {
      labels.push(question.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const end = at + 5;
    const type = question.readUInt16BE(at + 1);
    const address = this.names.get(labels.join('.').toLowerCase());
    const matches = address !== undefined && type === (isIPv6(address) ? AAAA : A);
    const head = Buffer.from(question.subarray(0, 12));
    head.writeUInt16BE(0x8580 | (address === undefined ? NAME_ERROR : 0), 2);
    head.writeUInt16BE(matches ? 1 : 0, 6);
    head.writeUInt32BE(0, 8);
    const asked = question.subarray(12, end);
    if (!matches) return Buffer.concat([head, asked]);
    const bytes = addressBytes(address);
    // The name again (a pointer to the question), type, class, no time to live, length.
    const record = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, bytes.length]);
    return Buffer.concat([head, asked, record, bytes]);
  }
}

function addressBytes(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number));
  const [front = '', back = ''] = address.split('::');
  const groups = (text: string) => text.split(':').filter((one) => one !== '');
  const missing = 8 - groups(front).length - groups(back).length;
  const all = [...groups(front), ...Array<string>(missing).fill('0'), ...groups(back)];
  return Buffer.from(all.map((one) => one.padStart(4, '0')).join(''), 'hex');
}
