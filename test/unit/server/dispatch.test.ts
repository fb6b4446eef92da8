/**
 * What is said before a command runs, in the order in which it is asked; a server and a client of
 * nothing but a context.
 */
import { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { DIALECTS } from '../../../src/core/index.ts';
import { AclLog } from '../../../src/server/acllog.ts';
import { Client } from '../../../src/server/client.ts';
import { ROWS } from '../../../src/server/commands/index.ts';
import type { ClientContext, ServerContext } from '../../../src/server/context.ts';
import { judge } from '../../../src/server/dispatch.ts';
import { DEFAULT_SERVER_CONFIG } from '../../../src/server/index.ts';
import { Stats } from '../../../src/server/stats.ts';
import { CommandTable } from '../../../src/server/table.ts';
import { Users } from '../../../src/server/users.ts';

type Dialect = keyof typeof DIALECTS;

function contexts(dialect: Dialect = 'redis-8') {
  const settings = { ...DEFAULT_SERVER_CONFIG, dialect: DIALECTS[dialect] };
  const table = new CommandTable(ROWS, settings.dialect, new Map([['debug', 'gubed']]));
  const users = new Users(table, false, settings.dialect.databases);
  users.change('limited', ['on', 'nopass', '+ping', '+subscribe', '&news', '+client|setname']);
  const server = {
    ...{ config: settings, table, users, aclLog: new AclLog(10), stats: new Stats() },
    ports: { isOwnHello: (payload: string) => payload === 'ours' },
  } as unknown as ServerContext;
  const client = new Client(new Socket(), { id: 1, authenticated: true, unixSocket: null });
  return { server, client: Object.assign(client, { line: () => 'line' }) as ClientContext };
}

type Change = (client: ClientContext) => void;
const stranger: Change = (client) => {
  client.authenticated = false;
};
const limited: Change = (client) => {
  client.user = 'limited';
};
const listening: Change = (client) => void client.listen('x', false);
const asIs: Change = () => {};

const verdict = (argv: string, change: Change, dialect?: Dialect): string => {
  const { server, client } = contexts(dialect);
  change(client);
  const found = judge(server, client, argv.split(' '));
  if (found.kind === 'run') return `run ${found.row.name}`;
  if (found.kind === 'attack') return 'attack';
  const { reply } = found;
  return reply.kind === 'error' ? reply.text : reply.kind === 'integer' ? String(reply.value) : '';
};

describe('a request', () => {
  test.each<[string, Change, string]>([
    ['ping', asIs, 'run ping'],
    ['PiNg', asIs, 'run ping'],
    ['sentinel Masters', asIs, 'run sentinel|masters'],
    ['POST /', asIs, 'attack'],
    ['host: x', asIs, 'attack'],
    ['publish __sentinel__:hello ours', limited, '0'],
    ['nope a b', asIs, "ERR unknown command 'nope', with args beginning with: 'a' 'b' "],
    ['sentinel nope', asIs, "ERR unknown subcommand 'nope'. Try SENTINEL HELP."],
    ['sentinel', asIs, "ERR wrong number of arguments for 'sentinel' command"],
    ['sentinel masters x', asIs, "ERR wrong number of arguments for 'sentinel|masters' command"],
    [
      'sentinel masters x',
      stranger,
      "ERR wrong number of arguments for 'sentinel|masters' command",
    ],
    ['sentinel masters', stranger, 'NOAUTH Authentication required.'],
    ['auth a b', stranger, 'run auth'],
    ['hello 3', stranger, 'run hello'],
    ['ping', limited, 'run ping'],
    ['subscribe news', limited, 'run subscribe'],
    ['client setname x', limited, 'run client|setname'],
    ['subscribe x', listening, 'run subscribe'],
    ['quit', listening, 'run quit'],
  ])('%s', (argv, change, what) => {
    expect(verdict(argv, change)).toBe(what);
  });

  test.each<[string, Change, RegExp]>([
    ['sentinel masters', limited, /^NOPERM .*'sentinel\|masters' command/],
    ['subscribe sport', limited, /^NOPERM /],
    [
      'sentinel masters',
      listening,
      /^ERR Can't execute 'sentinel\|masters': only \(P\|S\)SUBSCRIBE/,
    ],
  ])('%s is refused', (argv, change, what) => {
    expect(verdict(argv, change)).toMatch(what);
  });

  test('of a stranger is heard of nothing but the login first, where the line has it so', () => {
    const firsts = (Object.keys(DIALECTS) as Dialect[]).filter(
      (dialect) => verdict('nope', stranger, dialect) === 'NOAUTH Authentication required.',
    );
    expect(firsts).toEqual(
      (Object.keys(DIALECTS) as Dialect[]).filter((one) => DIALECTS[one].loginFirst),
    );
  });

  test('refused for want of rights is in the log of refusals, once for all of its kind', () => {
    const { server, client } = contexts();
    limited(client);
    for (let i = 0; i < 3; i++) judge(server, client, ['sentinel', 'masters']);
    const shown = server.aclLog.show(10, server.config.dialect);
    expect(shown.kind === 'array' ? shown.items.length : 0).toBe(1);
  });
});
