/**
 * PING, AUTH, HELLO, QUIT (commands.md §6.1–6.3).
 */
import { admits, LIMITS, type Reply } from '../../core/index.ts';
import type { Call } from '../call.ts';
import { argumentsCeiling, tooLong } from '../ceilings.ts';
import type { ClientContext } from '../context.ts';
import { array, bulk, failure, integer, isInteger, lower, OK, SYNTAX_ERROR } from '../reply.ts';
import type { CommandResult, Row } from '../row.ts';

const WRONG_PASS = failure('WRONGPASS invalid username-password pair or user is disabled.');
const BAD_NAME = failure('ERR Client names cannot contain spaces, newlines or special characters.');

/** The error for an invalid client name, or null. */
export function misnamed(name: string): Reply | null {
  if (name.length > LIMITS.clientNameBytes) return tooLong('a client name', LIMITS.clientNameBytes);
  return admits('clientName', name) ? null : BAD_NAME;
}

function ping({ session, argv }: Call): CommandResult {
  if (argv.length > 2) return failure("ERR wrong number of arguments for 'ping' command");
  if (session.protocol === 2 && session.subscriptions > 0) {
    return array([bulk('pong'), bulk(argv[1] ?? '')]);
  }
  return argv[1] === undefined ? { kind: 'simple', text: 'PONG' } : bulk(argv[1]);
}

/** Logs in; false and nothing changed when name or password is wrong. */
function login({ server, session, argv }: Call, name: string, password: string): boolean {
  const user = server.users.login(name, password);
  if (user === null) {
    server.stats.deniedAuth += 1;
    server.aclLog.add('auth', argv[0]!, name, session.line());
    return false;
  }
  session.user = user.name;
  session.authenticated = true;
  return true;
}

function auth(call: Call): CommandResult {
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

/** One option of HELLO; `apply` returns the error for its value, or null. */
interface HelloOption {
  readonly kind: 'auth' | 'name';
  /** Its error whatever the state of the client. */
  readonly flaw: Reply | null;
  readonly apply: (call: Call) => Reply | null;
}

function helloOption(words: readonly string[], at: number): HelloOption | Reply {
  const word = lower(words[at]!);
  const left = words.length - at - 1;
  if (word === 'auth' && left >= 2) {
    const [name, password] = [words[at + 1]!, words[at + 2]!];
    return {
      kind: 'auth',
      flaw: null,
      apply: (call) => (login(call, name, password) ? null : WRONG_PASS),
    };
  }
  if (word === 'setname' && left >= 1) {
    const name = words[at + 1]!;
    const flaw = misnamed(name);
    return {
      ...{ kind: 'name', flaw },
      apply: ({ session }) => {
        if (flaw === null) session.name = name;
        return flaw;
      },
    };
  }
  return failure(`ERR Syntax error in HELLO option '${words[at]}'`);
}

/**
 * Parses the options and applies them, one by one as they come or, in newer dialects, all or none:
 * then the login comes first. Null, or the error that ended it.
 */
function helloOptions(call: Call, words: readonly string[]): Reply | null {
  const { helloStepwise } = call.server.config.dialect;
  const found: HelloOption[] = [];
  for (let at = 0; at < words.length; ) {
    const option = helloOption(words, at);
    if (!('apply' in option)) return option;
    at += option.kind === 'auth' ? 3 : 2;
    const wrong = helloStepwise ? option.apply(call) : option.flaw;
    if (wrong !== null) return wrong;
    found.push(option);
  }
  if (helloStepwise) return null;
  // Of several options of one kind the last applies.
  const auth = found.findLast(({ kind }) => kind === 'auth')?.apply(call) ?? null;
  if (auth !== null) return auth;
  if (!call.session.authenticated) return null;
  return found.findLast(({ kind }) => kind === 'name')?.apply(call) ?? null;
}

function hello(call: Call): CommandResult {
  const { server, session, argv } = call;
  let protocol = session.protocol;
  if (argv[1] !== undefined) {
    if (!isInteger(argv[1])) {
      return failure('ERR Protocol version is not an integer or out of range');
    }
    if (argv[1] !== '2' && argv[1] !== '3') return failure('NOPROTO unsupported protocol version');
    protocol = argv[1] === '2' ? 2 : 3;
  }
  const wrong = helloOptions(call, argv.slice(2));
  if (wrong !== null) return wrong;
  if (!session.authenticated) {
    return failure(
      'NOAUTH HELLO must be called with the client already authenticated, otherwise the ' +
        `${server.config.dialect.helloAuth} option can be used to authenticate the client and ` +
        'select the RESP protocol version at the same time',
    );
  }
  session.protocol = protocol;
  return helloReply(call, session);
}

function helloReply({ server }: Call, session: ClientContext): Reply {
  const { dialect } = server.config;
  return {
    kind: 'map',
    entries: [
      [bulk('server'), bulk(dialect.server)],
      [bulk('version'), bulk(dialect.version)],
      [bulk('proto'), integer(session.protocol)],
      [bulk('id'), integer(session.id)],
      [bulk('mode'), bulk('sentinel')],
      [bulk('modules'), array([])],
    ],
  };
}

function quit({ session }: Call): CommandResult {
  session.last = true;
  return OK;
}

const GROUP = 'connection' as const;

export const CONNECTION: readonly Row[] = [
  {
    name: 'auth',
    arity: -2,
    flags: 'noscript loading stale fast no_auth allow_busy',
    categories: '@fast @connection',
    group: GROUP,
    summary: 'Logs the connection in.',
    version: '1.0.0',
    run: auth,
  },
  {
    name: 'hello',
    arity: -1,
    flags: 'noscript loading stale fast no_auth allow_busy',
    categories: '@fast @connection',
    group: GROUP,
    summary: 'Agrees on the protocol version, and logs in on the way.',
    version: '6.0.0',
    ceiling: argumentsCeiling('words in HELLO', 1, LIMITS.helloArguments),
    run: hello,
  },
  {
    name: 'ping',
    arity: -1,
    flags: 'fast',
    categories: '@fast @connection',
    tips: 'request_policy:all_shards response_policy:all_succeeded',
    group: GROUP,
    summary: 'Shows that the server answers.',
    version: '1.0.0',
    talk: true,
    run: ping,
  },
  {
    name: 'quit',
    arity: -1,
    flags: 'noscript loading stale fast no_auth allow_busy',
    categories: '@fast @connection',
    group: GROUP,
    summary: 'Closes the connection.',
    version: '1.0.0',
    run: quit,
  },
];
