/**
 * What a subscription says at once is shared out in turns: all others are served in between, and
 * nothing is lost.
 */
import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import type { Input } from '../../../src/core/index.ts';
import { Links } from '../../../src/links/index.ts';
import { errorText } from '../../../src/shell/errno.ts';
import { until } from '../../../src/tools/lab/index.ts';

const MESSAGES = 300;
/** What each of them costs the core. */
const COST_MS = 1;

const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;

it('three hundred costly messages of one piece leave turns to others, in order', async () => {
  const server = createServer((socket) => {
    socket.once('data', () => {
      const said = Array.from(
        { length: MESSAGES },
        (_, i) => bulk('message') + bulk('c') + bulk(`m${i}`),
      );
      const text = [`${bulk('subscribe')}${bulk('c')}:1\r\n`, ...said];
      socket.end(text.map((one) => `*3\r\n${one}`).join(''));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };

  const heard: string[] = [];
  let turns = 0;
  const turn = () => {
    turns += 1;
    if (heard.at(-1) !== 'disconnected') setImmediate(turn);
  };
  const input = (one: Input) => {
    heard.push(one.type === 'message' ? one.payload : one.type);
    const until = performance.now() + COST_MS;
    while (one.type === 'message' && performance.now() < until);
  };
  const links = new Links({ input, log: () => {}, errorText });
  const place = { host: '127.0.0.1', port, tls: false } as const;
  links.apply({ type: 'connect', connection: 1, role: 'pubsub', ...place });
  links.apply({ type: 'subscribe', connection: 1, word: 'SUBSCRIBE', channel: 'c' });
  turn();
  await until(() => heard.includes('m0'), 'it begins', { everyMs: 1 });
  const before = turns;
  await until(() => heard.at(-1) === 'disconnected', 'it is over', { everyMs: 1 });
  const messages = Array.from({ length: MESSAGES }, (_, i) => `m${i}`);
  expect(heard).toEqual(['connected', 'subscribed', ...messages, 'disconnected']);
  expect(turns - before).toBeGreaterThan((MESSAGES * COST_MS) / 5 / 3);
});
