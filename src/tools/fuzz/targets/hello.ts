/**
 * Hello messages: parsed, and taken or not by a core in the middle of its life.
 *
 * Promises: no hello throws; epochs never decrease and do not come near their end; what cannot be
 * used changes nothing of what would be written to the file; what changes that is saved; a restart
 * from the file gives the same state.
 */

import { numericAddress } from '../../../core/model/numeric.ts';
import type { Dice } from '../../../core/model/random.ts';
import { below, NUMBERS, oneIn, pick, sampleText } from '../mutate.ts';
import { flaw, type Judge, type Sample, type Target, type Verdict } from '../target.ts';
import { IDS, OWN_ID, Rig } from './rig.ts';

const IPS: readonly string[] = [
  ...['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '::1', '2001:db8::7', '::ffff:10.0.0.6'],
  ...['::ffff:0a00:0006', '0:0:0:0:0:0:0:1', '::10.0.0.8', 'host-a', 'HOST-A', 'host-b.example'],
];
const BAD_IPS: readonly string[] = [
  ...['', '10.0.0.05', '10.0.0', '127.1', '256.1.1.1', 'fe80::1%eth0', '[::1]', '1::2::3', '*'],
  ...['2130706433', '0x7f.1', '::', '0.0.0.0', 'a b', 'x"y', 'name\r\nsentinel', '-', '1:2'],
];
const PORTS = ['26379', '26379', '26380', '6379', '6380', '1', '65535'];
const EPOCHS = [...'0123456789'].concat(['10', '4294967300', '8589934599']);
const GROUPS = ['mymaster', 'mymaster', 'mymaster', 'other', 'none'];
const WORDS: readonly string[] = [...IPS, ...BAD_IPS, ...PORTS, ...NUMBERS, ',', ',,', OWN_ID];

/** A usable field most of the time. */
function field(dice: Dice, good: readonly string[], bad: readonly string[]): string {
  return pick(dice, oneIn(dice, 24) ? bad : good);
}

function hello(dice: Dice): string {
  return [
    field(dice, IPS, BAD_IPS),
    field(dice, PORTS, NUMBERS),
    field(dice, IDS, ['', OWN_ID, 'short', 'x'.repeat(2000), 'a b']),
    field(dice, EPOCHS, NUMBERS),
    pick(dice, GROUPS),
    field(dice, IPS, BAD_IPS),
    field(dice, PORTS, NUMBERS),
    field(dice, EPOCHS, NUMBERS),
  ].join(',');
}

/** Must this change nothing? Judged by independent readers, not those of the core. */
function isUseless(text: string, names: boolean): boolean {
  const fields = text.split(',');
  if (fields.length !== 8 || text.includes(OWN_ID)) return true;
  const [ip, port, , epoch, name, , , configEpoch] = fields as [string, ...string[]];
  if (name !== 'mymaster' && name !== 'other') return true;
  if ([epoch!, configEpoch!].some((one) => one.trimStart().startsWith('-'))) return true;
  if (!/^[0-9]+$/.test(port!) || Number(port) < 1 || Number(port) > 65535) return true;
  return !names && numericAddress(ip) === null;
}

class HelloJudge implements Judge {
  readonly #rig: Rig;
  #connection: number;

  constructor(dice: Dice) {
    this.#rig = new Rig(dice);
    this.#connection = this.#subscription();
  }

  #subscription(): number {
    for (const one of this.#rig.state.connections.values()) {
      if (one.role === 'pubsub' && one.open) return one.id;
    }
    return flaw('no open subscription');
  }

  judge({ text }: Sample, dice: Dice): Verdict {
    const rig = this.#rig;
    if (!rig.state.connections.has(this.#connection)) this.#connection = this.#subscription();
    const before = rig.changes;
    rig.turn({ type: 'message', connection: this.#connection, payload: text }, dice);
    if (rig.changes !== before && isUseless(text, rig.names)) flaw('it changed something');
    const verdict = this.#verdict(text);
    rig.pass(dice);
    if (below(dice, 256) === 0) rig.ask(['sentinel', 'sentinels', 'mymaster']);
    return verdict;
  }

  #verdict(text: string): Verdict {
    const [, , id, , name] = text.split(',');
    const peer = this.#rig.state.groups.get(name ?? '')?.peers.get(id ?? '');
    if (peer?.lastHelloText === text) return 'accepted';
    return isUseless(text, this.#rig.names) || !this.#rig.names ? 'refused' : 'partial';
  }

  end(): void {
    this.#rig.checkRestart();
    this.#rig.ask(['sentinel', 'masters']);
  }
}

export const helloTarget: Target = {
  name: 'hello',
  sample: (dice) => ({ text: sampleText(dice, hello, WORDS) }),
  begin: (dice) => new HelloJudge(dice),
};
