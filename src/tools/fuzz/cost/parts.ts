/**
 * What is no command of a client: the gates, what servers and peers say, the texts of the files.
 */
import { parseConfig, Rewriter } from '../../../config/index.ts';
import {
  configOf,
  createState,
  DIALECTS,
  GROUP_DEFAULTS,
  type Input,
  LIMITS,
  type State,
  step,
} from '../../../core/index.ts';
import { serverConfig } from '../../../daemon/serverconfig.ts';
import { FrameReader } from '../../../links/frames.ts';
import { RequestReader } from '../../../resp/index.ts';
import { checkUserRules } from '../../../server/index.ts';
import { memoryIo } from '../targets/memory.ts';
import { list, word } from './forms.ts';
import type { Case } from './measure.ts';

const io = () => ({ ...memoryIo(), checkUserRules });
const ipOf = (i: number) => `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
const idOf = (i: number) => i.toString(16).padStart(40, '0');
const MASTER = 'sentinel monitor mymaster 127.0.0.1 6379 2\n';

interface Core {
  readonly state: State;
  /** One turn, and those that come of it: connections open, saves succeed. */
  readonly give: (input: Input) => void;
  /** One turn only. */
  readonly tell: (input: Input) => void;
}

/** A core whose connections are open. */
function core(config: string): Core {
  const state = createState(
    parseConfig(config, io()).sentinel,
    {
      ...{ dialect: DIALECTS['redis-8'], port: 26379, tlsPort: 0, tlsReplication: false },
      ...{ requirepass: null, logLevel: 'notice', seed: 'cost', isExecutable: () => true },
    },
    0,
  );
  let now = 0;
  const give = (first: Input) => {
    // The list grows while it is walked: what is opened and saved comes back as a fact.
    const inputs = [first];
    for (const input of inputs) {
      now += 1;
      const { effects, save } = step(state, input, now);
      for (const effect of effects) {
        if (effect.type !== 'connect') continue;
        const { connection } = effect;
        inputs.push({ type: 'connected', connection, localAddress: '127.0.0.1' });
      }
      if (save !== null) inputs.push({ type: 'saved', version: save, ok: true });
    }
  };
  give({ type: 'start' });
  const tell = (input: Input) => {
    step(state, input, now + 1);
  };
  return { state, give, tell };
}

/** The master's answer to INFO. */
function inform({ state, tell }: Core, text: string): void {
  const server = state.groups.get('mymaster')!.master;
  const command = server.link.command!;
  const token = state.nextToken++;
  command.pending.set(token, { kind: 'info', server });
  tell({ type: 'reply', connection: command.id, token, reply: { kind: 'text', text } });
}

const replicaLines = (n: number, first = 0) =>
  list(n, (i) => `slave${i}:ip=${ipOf(first + i)},port=6379,state=online,offset=1,lag=0`).join(
    '\r\n',
  );
const helloOf = (id: number, ip: number, epoch = 0) =>
  `${ipOf(ip)},26379,${idOf(id)},${epoch},mymaster,127.0.0.1,6379,0`;
const HELLOS = 64;

function hellos(grows: string, n: number, make: (i: number, n: number) => string): Case {
  return {
    ...{ name: 'hello of a peer', grows, n, patient: true },
    work: (size) => {
      const known = list(
        size,
        (i) => `sentinel known-sentinel mymaster ${ipOf(i)} 26379 ${idOf(i)}\n`,
      );
      const { give } = core(MASTER + known.join(''));
      return () => {
        for (let i = 0; i < HELLOS; i++) {
          const argv = ['publish', '__sentinel__:hello', make(i, size)];
          give({ type: 'command', request: i + 1, argv });
        }
      };
    },
  };
}

function fed(name: string, grows: string, n: number, feed: (n: number) => () => void): Case {
  return { name, grows, n, work: feed, patient: true };
}

function gateFed(grows: string, text: (n: number) => string, piece: number): Case {
  return fed(
    'request gate',
    `${grows}, ${piece} at a time`,
    125_000 / (piece === 1 ? 2 : 1),
    (n) => {
      const bytes = Buffer.from(text(n), 'latin1');
      return () => {
        const gate = new RequestReader({ queryBufferBytes: 2 ** 30, maxBulkBytes: 2 ** 29 });
        for (let at = 0; at < bytes.length; at += piece) {
          gate.feed(bytes.subarray(at, at + piece));
          while (gate.next(true) !== null);
        }
      };
    },
  );
}

function replyFed(grows: string, text: (n: number) => string): Case {
  return fed('reply gate', `${grows}, 1 at a time`, 15_000, (n) => {
    const bytes = Buffer.from(text(n), 'latin1');
    return () => {
      const gate = new FrameReader();
      for (let at = 0; at < bytes.length; at++) gate.feed(bytes.subarray(at, at + 1), () => true);
    };
  });
}

/** A file is read at a start, and written by the loop with every save. */
function files(grows: string, n: number, line: (i: number) => string): Case[] {
  const text = (size: number) => MASTER + list(size, line).join('');
  return [
    {
      ...{ name: 'file read', grows, n, patient: true },
      work: (size) => {
        const whole = text(size);
        return () => {
          const { generic } = parseConfig(whole, io());
          serverConfig(generic, { configFile: '', supervisor: 'no' });
        };
      },
    },
    {
      ...{ name: 'file rewritten', grows, n, patient: true },
      work: (size) => {
        const whole = text(size);
        const { generic } = parseConfig(whole, io());
        const { state } = core(whole);
        const users = generic.users.map(({ name, rules }) => `user ${name} ${rules.join(' ')}`);
        const options = { users, defaults: GROUP_DEFAULTS };
        return () => {
          new Rewriter().rewrite(whole, generic, configOf(state), options);
        };
      },
    },
  ];
}

export const PART_CASES: readonly Case[] = [
  gateFed('bytes of a request', (n) => `*1\r\n$${n}\r\n${'x'.repeat(n)}\r\n`, 1),
  gateFed(
    'bytes of a line',
    (n) => `${'x '.repeat(Math.min(n, 60_000) / 2)}\r\n`.repeat(Math.ceil(n / 60_000)),
    1,
  ),
  gateFed('bytes of small requests', (n) => '*1\r\n$4\r\nPING\r\n'.repeat(n / 14), 1),
  gateFed('bytes of small requests', (n) => '*1\r\n$4\r\nPING\r\n'.repeat(n / 14), 16_384),
  gateFed(
    'bytes of many words',
    (n) => `*${Math.floor(n / 8)}\r\n${'$2\r\nab\r\n'.repeat(n / 8)}`,
    1000,
  ),
  replyFed('bytes of a text', (n) => `$${n}\r\n${'x'.repeat(n)}\r\n`),
  replyFed('bytes of a line', (n) => `+${'x'.repeat(Math.min(n, 60_000))}\r\n`),
  replyFed('bytes of an array', (n) => `*${Math.floor(n / 4)}\r\n${':1\r\n'.repeat(n / 4)}`),
  {
    ...{ name: 'INFO of a master', grows: 'new replicas', n: 2000 },
    work: (n) => {
      const one = core(MASTER);
      const text = `role:master\r\n${replicaLines(n)}\r\n`;
      return () => inform(one, text);
    },
  },
  {
    ...{
      name: 'INFO of a master',
      grows: 'new replicas, as many as may be',
      n: LIMITS.replicas / 8,
    },
    work: (n) => {
      const one = core(MASTER);
      const text = `role:master\r\n${replicaLines(n)}\r\n`;
      return () => inform(one, text);
    },
  },
  {
    ...{ name: 'INFO of a master', grows: 'known replicas', n: LIMITS.replicas / 8 },
    work: (n) => {
      const known = list(n, (i) => `sentinel known-replica mymaster ${ipOf(i)} 6379\n`).join('');
      const one = core(MASTER + known);
      const text = `role:master\r\n${replicaLines(n)}\r\n`;
      return () => inform(one, text);
    },
  },
  {
    ...{ name: 'INFO of a master', grows: 'lines', n: 12_500 },
    work: (n) => {
      const one = core(MASTER);
      const text = `role:master\r\n${'run_id:a\r\n'.repeat(n)}`;
      return () => inform(one, text);
    },
  },
  hellos('known peers', LIMITS.peers / 8, (i) => helloOf(i, i)),
  hellos('known peers, who move', LIMITS.peers / 8, (i, n) => helloOf(i, n + i)),
  hellos('known peers, others at their addresses', LIMITS.peers / 8, (i, n) => helloOf(n + i, i)),
  hellos('known peers, with a new one', LIMITS.peers / 8, (i, n) => helloOf(n + i, n + i)),
  hellos('known peers, with a new epoch', LIMITS.peers / 8, (i) => helloOf(i, i, i + 1)),
  ...files('comments', 2500, (i) => `# ${word(i)}\n`),
  ...files('replicas', 1250, (i) => `sentinel known-replica mymaster ${ipOf(i)} 6379\n`),
  ...files('peers', 1250, (i) => `sentinel known-sentinel mymaster ${ipOf(i)} 26379 ${idOf(i)}\n`),
  ...files('groups', 250, (i) => `sentinel monitor ${word(i)} ${ipOf(i)} 6379 2\n`),
  ...files('renamed commands', 1250, (i) => `sentinel rename-command mymaster ${word(i)} x\n`),
  ...files('users', 500, (i) => `user ${word(i)} on &x +ping\n`),
  ...files('channels of users', 500, (i) => `user ${word(i)} on ${'&x:* '.repeat(1 + (i % 9))}\n`),
  ...files('values', 2500, (i) => `timeout ${i}\n`),
];
