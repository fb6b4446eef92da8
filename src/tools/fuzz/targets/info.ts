/**
 * INFO texts: read into facts, and the facts taken by a core in the middle of its life.
 *
 * Promises: no text throws; every fact is a number that can be counted with, no larger than its
 * field, and no more of them than the text has lines; what changes the file is saved; a restart
 * from the file gives the same state; what clients are told of it is well-formed.
 */

import { type InfoFacts, readInfo } from '../../../core/hear/infotext.ts';
import type { Dice } from '../../../core/model/random.ts';
import type { Server } from '../../../core/model/state.ts';
import { below, NUMBERS, oneIn, pick, sampleText } from '../mutate.ts';
import { flaw, type Judge, type Sample, type Target, type Verdict } from '../target.ts';
import { IDS, Rig } from './rig.ts';

const HOSTS: readonly string[] = [
  ...['10.0.0.1', '10.0.0.2', '10.0.0.3', '2001:db8::1', '::1', '::ffff:10.0.0.4', 'host-a'],
  ...['HOST-A', '127.1', '', '10.0.0.05', 'fe80::1%eth0', '::10.0.0.8'],
];
const NUMBER_FIELDS: readonly string[] = [
  ...['master_port', 'slave_priority', 'slave_repl_offset', 'master_link_down_since_seconds'],
  ...['master_sync_in_progress', 'replica_announced', 'connected_slaves', 'master_repl_offset'],
];
const FIELDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['run_id', [...IDS, 'short', 'x'.repeat(300)]],
  ['role', ['master', 'slave', 'slave', 'sentinel', '']],
  ['master_host', HOSTS],
  ['master_link_status', ['up', 'down', 'UP', '']],
  ['master_failover_state', ['no-failover', 'waiting-for-sync', '']],
  ['redis_version', ['7.0.15', '8.0.0']],
]);
const OTHERS = ['# Replication', '# Server', '', 'used_memory:1', 'process_id:7', 'no colon'];
const WORDS: readonly string[] = [
  ...[...FIELDS.keys(), ...NUMBER_FIELDS].map((name) => `${name}:`),
  ...['role:slave\r\n', 'role:master\r\n', 'slave0:ip=', 'slave1:10.0.0.5,6380,online\r\n', '\r\n'],
  ...[',port=', ':', '=', ',', 'slave'],
  ...HOSTS,
  ...NUMBERS,
];

function line(dice: Dice): string {
  switch (below(dice, 6)) {
    case 0: {
      const [host, port] = [pick(dice, HOSTS), oneIn(dice, 8) ? pick(dice, NUMBERS) : '6379'];
      if (oneIn(dice, 4)) return `slave${below(dice, 12)}:${host},${port},online`;
      return `slave${below(dice, 12)}:ip=${host},port=${port},state=online,offset=12,lag=0`;
    }
    case 1:
    case 2:
      return (
        `${pick(dice, NUMBER_FIELDS)}:` +
        `${oneIn(dice, 2) ? pick(dice, NUMBERS) : below(dice, 7000)}`
      );
    case 3:
      return pick(dice, OTHERS);
    default: {
      const [name, values] = pick(dice, [...FIELDS]);
      return `${name}:${pick(dice, values)}`;
    }
  }
}

function info(dice: Dice): string {
  let text = `# Server\r\nrun_id:${pick(dice, IDS)}\r\n`;
  if (!oneIn(dice, 8)) text += `role:${pick(dice, ['master', 'slave'])}\r\n`;
  for (let left = 1 + below(dice, 10); left > 0; left--) text += `${line(dice)}\r\n`;
  return text;
}

function checkNumber(what: string, value: number | null): void {
  if (value !== null && !Number.isSafeInteger(value)) flaw(`${what} is ${value}`);
}

function checkFacts(facts: InfoFacts, text: string): void {
  checkNumber('priority', facts.priority);
  checkNumber('master_port', facts.masterPort);
  checkNumber('link down time', facts.masterLinkDownTime);
  const { offset, runId, replicas } = facts;
  if (offset !== null && (offset < 0n || offset >= 2n ** 64n)) flaw(`offset is ${offset}`);
  if (runId !== null && runId.length !== 40) flaw(`run id of ${runId.length} bytes`);
  if (replicas.length > text.split('\r\n').length) flaw(`${replicas.length} replicas`);
  for (const { host, port } of replicas) {
    checkNumber('port of a replica', port);
    if (!text.includes(host)) flaw(`nobody said ${host}`);
  }
  if (facts.masterHost !== null && !text.includes(facts.masterHost)) flaw('nobody said the host');
}

class InfoJudge implements Judge {
  readonly #rig: Rig;

  constructor(dice: Dice) {
    this.#rig = new Rig(dice);
  }

  judge({ text }: Sample, dice: Dice): Verdict {
    const server = this.#server(dice);
    const facts = readInfo(text, server.kind === 'master');
    checkFacts(facts, text);
    this.#answer(server, text, dice);
    for (const group of this.#rig.state.groups.values()) {
      for (const { address } of group.replicas.values()) {
        if (address.port < 0 || address.port > 65535) flaw(`a replica at port ${address.port}`);
        if (address.ip === '' && !this.#rig.names) flaw('a replica without an address');
      }
    }
    this.#rig.pass(dice);
    if (oneIn(dice, 32)) this.#look(dice);
    return facts.role !== null || facts.replicas.length > 0 ? 'accepted' : 'refused';
  }

  #server(dice: Dice): Server {
    const group = this.#rig.state.groups.get(pick(dice, ['mymaster', 'other']))!;
    const servers = [group.master, ...[...group.replicas.values()].slice(0, 3)];
    const open = servers.filter((server) => server.link.command?.open);
    if (open.length === 0) flaw('no server is connected');
    return pick(dice, open);
  }

  /** As if INFO had just been asked for on the server's connection. */
  #answer(server: Server, text: string, dice: Dice): void {
    const { command } = server.link;
    const { state } = this.#rig;
    const token = state.nextToken++;
    command!.pending.set(token, { kind: 'info', server });
    const reply = { kind: 'text', text } as const;
    this.#rig.turn({ type: 'reply', connection: command!.id, token, reply }, dice);
  }

  #look(dice: Dice): void {
    const word = pick(dice, ['replicas', 'master', 'masters', 'ckquorum', 'info-cache']);
    this.#rig.ask(['sentinel', word, ...(word === 'masters' ? [] : ['mymaster'])]);
  }

  end(): void {
    this.#rig.checkRestart();
  }
}

export const infoTarget: Target = {
  name: 'info',
  sample: (dice) => ({ text: sampleText(dice, info, WORDS) }),
  begin: (dice) => new InfoJudge(dice),
};
