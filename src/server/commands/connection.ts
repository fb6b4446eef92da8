/**
 * PING, AUTH, HELLO, QUIT (commands.md §6.1–6.3).
 */
import type { Reply } from '../../core/index.ts';
import type { Call, Outcome, Row } from '../call.ts';
import { array, bulk, failure, integer, lower, OK, SYNTAX_ERROR } from '../call.ts';
import type { Session } from '../session.ts';
import { LINE_VERSION } from '../version.ts';

const WRONG_PASS = failure('WRONGPASS invalid username-password pair or user is disabled.');
const BAD_NAME = failure('ERR Client names cannot contain spaces, newlines or special characters.');

/** Printable, no blanks: what CLIENT LIST can show without being ambiguous. */
export function isName(text: string): boolean {
  return /^[!-~]*$/.test(text);
}

function ping({ session, argv }: Call): Outcome {
  if (argv.length > 2) return failure("ERR wrong number of arguments for 'ping' command");
  if (session.protocol === 2 && session.subscriptions > 0) {
    return array([bulk('pong'), bulk(argv[1] ?? '')]);
  }
  return argv[1] === undefined ? { kind: 'simple', text: 'PONG' } : bulk(argv[1]);
}

/** Logs in; false and nothing changed when name or password is wrong. */
function login({ server, session }: Call, name: string, password: string): boolean {
  const user = server.users.login(name, password);
  if (user === null) {
    server.stats.deniedAuth += 1;
    return false;
  }
  session.user = user.name;
  session.authenticated = true;
  return true;
}

function auth(call: Call): Outcome {
  const [, first = '', second] = call.argv;
  if (call.argv.length > 3) return SYNTAX_ERROR;
  if (second === undefined && call.server.users.default.nopass) {
    return failure(
      'ERR AUTH <password> called without any password configured for the default user. ' +
        'Are you sure your configuration is correct?',
    );
  }
  const [name, password] = second === undefined ? ['default', first] : [first, second];
  return login(call, name, password) ? OK : WRONG_PASS;
}

interface HelloOptions {
  auth: readonly [string, string] | null;
  name: string | null;
}

function helloOptions(words: readonly string[]): HelloOptions | Reply {
  const options: HelloOptions = { auth: null, name: null };
  for (let i = 0; i < words.length; ) {
    const word = lower(words[i]!);
    const left = words.length - i - 1;
    if (word === 'auth' && left >= 2) {
      options.auth = [words[i + 1]!, words[i + 2]!];
      i += 3;
    } else if (word === 'setname' && left >= 1) {
      options.name = words[i + 1]!;
      i += 2;
    } else return failure(`ERR Syntax error in HELLO option '${words[i]}'`);
  }
  return options;
}

function hello(call: Call): Outcome {
  const { server, session, argv } = call;
  const old = server.settings.personality === 'redis-7.0';
  let protocol = session.protocol;
  if (argv[1] !== undefined) {
    if (!/^(0|-?[1-9]\d{0,17})$/.test(argv[1])) {
      return failure('ERR Protocol version is not an integer or out of range');
    }
    if (argv[1] !== '2' && argv[1] !== '3') return failure('NOPROTO unsupported protocol version');
    protocol = argv[1] === '2' ? 2 : 3;
  }
  const options = helloOptions(argv.slice(2));
  if ('kind' in options) return options;
  if (options.auth !== null && !login(call, ...options.auth)) return WRONG_PASS;
  if (!session.authenticated) {
    return failure(
      'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO ' +
        `${old ? '' : '<proto> '}AUTH <user> <pass> option can be used to authenticate the client and ` +
        'select the RESP protocol version at the same time',
    );
  }
  if (options.name !== null) {
    if (!isName(options.name)) return BAD_NAME;
    session.name = options.name;
  }
  session.protocol = protocol;
  return helloReply(call, session);
}

function helloReply({ server }: Call, session: Session): Reply {
  const { personality } = server.settings;
  return {
    kind: 'map',
    entries: [
      [bulk('server'), bulk(personality === 'valkey' ? 'valkey' : 'redis')],
      [bulk('version'), bulk(LINE_VERSION[personality])],
      [bulk('proto'), integer(session.protocol)],
      [bulk('id'), integer(session.id)],
      [bulk('mode'), bulk('sentinel')],
      [bulk('modules'), array([])],
    ],
  };
}

function quit({ session }: Call): Outcome {
  session.last = true;
  return OK;
}

const group = 'connection' as const;

export const CONNECTION: readonly Row[] = [
  {
    name: 'auth',
    arity: -2,
    flags: 'noscript loading stale fast no_auth allow_busy',
    categories: '@fast @connection',
    group,
    summary: 'Logs the connection in.',
    version: '1.0.0',
    run: auth,
  },
  {
    name: 'hello',
    arity: -1,
    flags: 'noscript loading stale fast no_auth allow_busy',
    categories: '@fast @connection',
    group,
    summary: 'Agrees on the protocol version, and logs in on the way.',
    version: '6.0.0',
    run: hello,
  },
  {
    name: 'ping',
    arity: -1,
    flags: 'fast',
    categories: '@fast @connection',
    tips: 'request_policy:all_shards response_policy:all_succeeded',
    group,
    summary: 'Shows that the server answers.',
    version: '1.0.0',
    run: ping,
  },
  {
    name: 'quit',
    arity: -1,
    flags: 'noscript loading stale fast no_auth allow_busy',
    categories: '@fast @connection',
    shownSince: 'never',
    group,
    summary: 'Closes the connection.',
    version: '1.0.0',
    run: quit,
  },
];
