/**
 * What may be there before a request comes: users, groups, members, clients; and what was said
 * before.
 */
import { type GivenOf, list, word } from './forms.ts';
import { multibulk } from './room.ts';

/** As many as the ceiling allows: what is refused costs nothing. */
export const upTo = (ceiling: number) => Math.floor(ceiling / 8);

export const users: GivenOf = (n) => ({
  config: list(n, (i) => `user ${word(i)} on >x +ping\n`).join(''),
});
export const groups: GivenOf = (n) => ({
  config: list(n, (i) => `sentinel monitor ${word(i)} 127.0.0.1 ${10_000 + i} 2\n`).join(''),
});
export const members =
  (directive: string, tail: (i: number) => string): GivenOf =>
  (n) => ({
    config: list(n, (i) => {
      const ip = `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
      return `sentinel ${directive} mymaster ${ip} 6379${tail(i)}\n`;
    }).join(''),
  });
export const replicas = members('known-replica', () => '');
export const peers = members('known-sentinel', (i) => ` ${i.toString(16).padStart(40, '0')}`);
export const clients: GivenOf = (n) => ({ clients: n });
/** Another user, with many rules. */
export const rulesOf =
  (make: (i: number) => string): GivenOf =>
  (n) => ({ config: `user ruled on nopass ${list(n, make).join(' ')} +@all\n` });
export const said = (...requests: (readonly string[])[]) => requests.map(multibulk).join('');
export const name250 = 'n'.repeat(250);
export const RESP3 = said(['HELLO', '3']);

/** Events, for clients that subscribed. */
export const EVENTS = said(['SENTINEL', 'SET', 'mymaster', 'quorum', '2']).repeat(20);
export const listening = { given: () => ({ before: RESP3 }), after: EVENTS };
