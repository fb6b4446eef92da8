/**
 * Which subscribers hear of an event: channels, patterns with classes and ranges, and patterns that
 * make little sense (commands.md, PSUBSCRIBE).
 */
import { describe, it } from 'vitest';
import { type Answer, until } from '../../src/tools/lab/index.ts';
import { expectParity, type Story } from '../support/event-parity.ts';
import { type Fleet, GROUP } from '../support/fleet.ts';

const written = [
  ...['', '*', '**', '+*', '-*', '*t', '*e*t', '?set', '??set', '+se?', '+set', '+SET', '+set*'],
  ...[
    '[+-]*',
    '[-+]*',
    '[^+]*',
    '[!+]*',
    '[+--]monitor',
    '[--+]monitor',
    '[^-]monitor',
    '[+]set',
    '[*]set',
  ],
  ...[
    '+[a-s]et',
    '+[s-a]et',
    '+[A-Z]et',
    '+[^a-r]et',
    '+[rs]et',
    '+[^s]et',
    '+s[e-e]t',
    '+[a-rs]et',
  ],
  ...['\\+set', '+se\\t', '+set\\', '+\\*', '+s[\\e]t', '+s[\\]e]t', '+s[^\\e]t', '+[a\\-z]et'],
  ...[
    '[',
    '+[',
    '+s[',
    '+s[e',
    '+se[t',
    '+se[^t',
    '+[]et',
    '+[^]et',
    '+s[]e]t',
    '*[',
    '*[^',
    '*[^x',
  ],
  ...['+se[a-', '+se[a-z', '+se[t-', '+[a-z]*[t]', '*-*', '*[-]*', '+reset-master', '+reset[,-.]*'],
  ...['+[st-u]et', '+[-s]et', '+[s-]et', '+[^-s]et', '*]*', ']', '+set]', '[^]', '*\\', '*[\\'],
];

/** Patterns nobody would write, always the same ones. */
function odd(count: number): string[] {
  const letters = ['+', '-', '[', ']', '^', '\\', '?', '*', 's', 'e', 't', 'm', '-', '[', 'a', 'z'];
  let seed = 20_240_229;
  const next = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  const made = Array.from({ length: count }, () => {
    const tail = Array.from({ length: 1 + next(6) }, () => letters[next(letters.length)]);
    const head = ['', '', '+', '+s', '+[s', '[+', '*'][next(7)];
    return `${head}${tail.join('')}`;
  });
  return made.filter((one) => !written.includes(one));
}

const patterns = [...new Set([...written, ...odd(600)])];

/**
 * What each subscriber hears of four events: which patterns matched, and in which order a channel's
 * own message comes.
 */
async function hear(fleet: Fleet): Promise<Story> {
  const [byPattern, byBoth] = [await fleet.sentinel(1).open(), await fleet.sentinel(1).open()];
  const matched: string[] = [];
  await byPattern.subscribe('PSUBSCRIBE', patterns, (message: readonly Answer[]) => {
    matched.push(fleet.masked(message.join(' | ')));
  });
  const both: string[] = [];
  let replies = 0;
  await byBoth.subscribe('SUBSCRIBE', ['+set', '-monitor'], (message: readonly Answer[]) => {
    if (message[0] === 'psubscribe') replies += 1;
    else both.push(fleet.masked(message.join(' | ')));
  });
  byBoth.write('PSUBSCRIBE [-+]*\r\n');
  await until(() => replies === 1, 'both kinds are subscribed to');
  await fleet.say('SET', GROUP, 'quorum', 2);
  await fleet.say('RESET', '[^a-f]');
  await fleet.say('REMOVE', GROUP);
  await fleet.say('MONITOR', 'again', '127.0.0.1', 1, 1);
  // Later than all the others on the same connection.
  const last = (all: readonly string[]) =>
    all.filter((one) => one.startsWith('pmessage | [-+]* | +monitor ')).length === 1;
  await until(() => last(matched) && last(both), 'the last event was heard');
  await until(async () => {
    const before = matched.length;
    await fleet.sentinel(1).command('PING');
    return matched.length === before;
  }, 'nothing more is heard');
  byPattern.close();
  byBoth.close();
  return { matched: matched.sort(), both };
}

describe('subscriptions', () => {
  it('match the same events as the original, whatever the pattern', async (context) => {
    await expectParity(context, { plan: { servers: { m: [] } }, act: hear });
  });
});
