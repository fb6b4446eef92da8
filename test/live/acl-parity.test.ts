/**
 * Users in files and the connections they belong to: what the original makes of a story, ours
 * (`compat redis-7.0`) makes of it too – the replies, what is closed, the files, and the reasons
 * for not starting (commands.md §6.5, config.md §6).
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Sentinel, type SentinelKind, until, Wire } from '../../src/tools/lab/index.ts';

interface Story {
  readonly name: string;
  /** Lines of the configuration file. */
  readonly lines?: readonly string[];
  /** Text of the ACL file; without it there is none. */
  readonly users?: string;
  readonly play: (teller: Teller) => Promise<void>;
}

/** Plays a story on one Sentinel and writes down what happens. */
class Teller {
  readonly told: string[] = [];
  readonly #wires = new Map<string, Wire>();
  readonly sentinel: Sentinel;

  constructor(sentinel: Sentinel) {
    this.sentinel = sentinel;
  }

  get aclPath(): string {
    return join(this.sentinel.folder, 'users.acl');
  }

  async wire(who: string): Promise<Wire> {
    const wire = this.#wires.get(who) ?? (await Wire.open({ port: this.sentinel.port }));
    this.#wires.set(who, wire);
    return wire;
  }

  /** One request of one of the clients. */
  async says(who: string, ...words: string[]): Promise<void> {
    const wire = await this.wire(who);
    const answer = await wire.ask(...words);
    const text = answer instanceof Error ? answer.message : JSON.stringify(answer);
    this.told.push(`${who}: ${words.join(' ')} -> ${text.replaceAll(this.sentinel.folder, 'DIR')}`);
  }

  /** Whose connections are open, when a last request of all of them has been answered or not. */
  async open(): Promise<void> {
    const alive: string[] = [];
    for (const [who, wire] of this.#wires) {
      // A subscriber answers PING with another shape; any answer will do.
      const answered = await wire.ask('PING').then(
        () => true,
        () => false,
      );
      if (answered) alive.push(who);
    }
    this.told.push(`open: ${alive.join(' ')}`);
  }

  writes(text: string): void {
    writeFileSync(this.aclPath, text);
  }

  removesFile(): void {
    rmSync(this.aclPath);
  }

  shows(): void {
    this.told.push(existsSync(this.aclPath) ? readFileSync(this.aclPath, 'utf8') : 'no file');
  }

  /** The `user` lines of the configuration. */
  showsUsers(): void {
    const lines = this.sentinel.configText().split('\n');
    this.told.push(...lines.filter((line) => /^(user|aclfile|requirepass) /.test(line)));
  }

  close(): void {
    for (const wire of this.#wires.values()) wire.close();
  }
}

/** SHA-256 of `new`. */
const NEW = '11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437';

const STORIES: readonly Story[] = [
  {
    name: 'a line about the default user counts more than requirepass, also at the next start',
    lines: ['requirepass old', `user default on #${NEW} ~* &* +@all`],
    play: async (teller) => {
      for (const word of ['old', 'new']) await teller.says('a', 'AUTH', word);
      await teller.says('a', 'ACL', 'SETUSER', 'default', '>newer', '<new');
      await teller.says('a', 'SENTINEL', 'FLUSHCONFIG');
      teller.showsUsers();
      await teller.sentinel.restart();
      for (const word of ['old', 'new', 'newer']) await teller.says('b', 'AUTH', word);
    },
  },
  {
    name: 'what a user file says of the default user counts more than requirepass',
    lines: ['requirepass old', 'aclfile users.acl'],
    users: 'user default on >new ~* &* +@all\n',
    play: async (teller) => {
      for (const word of ['old', 'new']) await teller.says('a', 'AUTH', word);
      await teller.says('a', 'ACL', 'LOAD');
      await teller.says('b', 'AUTH', 'old');
    },
  },
  {
    name: 'user lines are kept and rewritten',
    lines: [
      'user alice on >a ~* &* +@all',
      'user bob on nopass resetchannels &x* -@all +sentinel|master',
      'user carol off #30c952fab122c3f9759f02a6d95c3758b246b4fee239957b2d4fee46e26170c4 (+ping ~k)',
    ],
    play: async (teller) => {
      await teller.says('a', 'ACL', 'LIST');
      await teller.says('a', 'ACL', 'SETUSER', 'dave', 'on', '>d', '+ping');
      await teller.says('a', 'ACL', 'DELUSER', 'bob');
      await teller.says('a', 'SENTINEL', 'FLUSHCONFIG');
      teller.showsUsers();
      await teller.sentinel.restart();
      await teller.says('b', 'ACL', 'LIST');
      await teller.says('b', 'ACL', 'SAVE');
      await teller.says('b', 'ACL', 'LOAD');
    },
  },
  {
    name: 'a user file is read, changed, saved and read again',
    lines: ['aclfile users.acl'],
    users: 'user default on nopass ~* &* +@all\nuser alice on >a ~* &+* +@all -shutdown\n\n',
    play: async (teller) => {
      await teller.says('a', 'ACL', 'LIST');
      await teller.says('a', 'ACL', 'SETUSER', 'bob', 'on', '>b', '+ping');
      teller.shows();
      await teller.says('a', 'ACL', 'SAVE');
      teller.shows();
      teller.writes('user default on nopass ~* &* +@all\nuser eve on >e ~* &* +@all\n');
      await teller.says('alice', 'AUTH', 'alice', 'a');
      await teller.says('a', 'ACL', 'LOAD');
      await teller.says('a', 'ACL', 'USERS');
      await teller.open();
      await teller.says('eve', 'AUTH', 'eve', 'e');
      await teller.says('a', 'SENTINEL', 'FLUSHCONFIG');
      teller.showsUsers();
    },
  },
  {
    name: 'a user file that is wrong changes nothing',
    lines: ['aclfile users.acl'],
    users: 'user default on nopass ~* &* +@all\nuser alice on >a +@all\n',
    play: async (teller) => {
      for (const text of [
        'user bob on foo\nuser bob on\nnonsense\n',
        'user default on\nuser bob +@nope +nocommand ~\n',
        'user a on foo bar (+foo) +@y >\nuser b #x <nope +@x on\nuser c\n',
        'user\n',
        'user a b c\n',
        '# a comment\n',
        'user "a" on\n',
        '',
      ]) {
        teller.writes(text);
        await teller.says('a', 'ACL', 'LOAD');
        await teller.says('a', 'ACL', 'LIST');
      }
      teller.removesFile();
      await teller.says('a', 'ACL', 'LOAD');
      await teller.says('a', 'ACL', 'LIST');
      await teller.says('a', 'ACL', 'SAVE');
      teller.shows();
    },
  },
  {
    name: 'a user file cannot be saved',
    lines: ['aclfile users.acl'],
    users: 'user default on nopass ~* &* +@all\n',
    play: async (teller) => {
      teller.removesFile();
      await teller.says('a', 'CONFIG', 'SET', 'dir', '/');
      await teller.says('a', 'ACL', 'SETUSER', 'bob');
      await teller.says('a', 'ACL', 'SAVE');
      teller.shows();
    },
  },
  {
    name: 'a deleted user is disconnected, one that is switched off is not',
    lines: ['user alice on >a ~* &* +@all', 'user bob on >b ~* &* +@all'],
    play: async (teller) => {
      await teller.says('alice', 'AUTH', 'alice', 'a');
      await teller.says('bob', 'AUTH', 'bob', 'b');
      await teller.says('admin', 'ACL', 'SETUSER', 'bob', 'off');
      await teller.says('admin', 'ACL', 'DELUSER', 'alice');
      await teller.open();
      await teller.says('bob', 'ACL', 'WHOAMI');
      await teller.says('admin', 'ACL', 'SETUSER', 'bob', '-@all', '+acl|whoami');
      await teller.says('bob', 'ACL', 'WHOAMI');
      await teller.says('bob', 'PING');
    },
  },
  {
    name: 'subscribers lose their connection with their channel',
    lines: ['user sub on nopass ~* &a* &b* +@all'],
    play: async (teller) => {
      for (const [who, ...words] of [
        ['first', 'SUBSCRIBE', 'a1'],
        ['second', 'SUBSCRIBE', 'b1'],
        ['third', 'PSUBSCRIBE', 'a*'],
        ['fourth', 'PSUBSCRIBE', 'b*'],
        ['fifth', 'PING'],
      ] as const) {
        await teller.says(who, 'AUTH', 'sub', 'x');
        await teller.says(who, ...words);
      }
      await teller.says('admin', 'ACL', 'SETUSER', 'sub', 'resetchannels', '&a*', '&c*');
      await teller.open();
      await teller.says('admin', 'ACL', 'SETUSER', 'sub', 'allchannels');
      await teller.open();
      await teller.says('admin', 'ACL', 'SETUSER', 'sub', 'resetchannels', '&a1');
      await teller.open();
    },
  },
  {
    name: 'a password comes and goes',
    play: async (teller) => {
      await teller.says('a', 'ACL', 'SETUSER', 'default', 'resetpass', '>new');
      await teller.says('a', 'PING');
      await teller.says('b', 'PING');
      await teller.says('b', 'AUTH', 'new');
      await teller.says('b', 'SENTINEL', 'FLUSHCONFIG');
      teller.showsUsers();
      await teller.says('b', 'ACL', 'SETUSER', 'default', 'nopass');
      await teller.says('c', 'PING');
      await teller.says('c', 'ACL', 'SETUSER', 'default', 'off');
      await teller.says('d', 'PING');
      await teller.says('d', 'AUTH', 'default', 'x');
      await teller.open();
    },
  },
  {
    name: 'the user default of a file',
    lines: ['user default on >secret ~* &* +@all', 'user other on nopass +@all'],
    play: async (teller) => {
      await teller.says('a', 'PING');
      await teller.says('a', 'AUTH', 'secret');
      await teller.says('a', 'ACL', 'LIST');
      await teller.says('b', 'AUTH', 'other', '');
      await teller.says('b', 'ACL', 'WHOAMI');
    },
  },
  {
    name: 'a limited default user',
    lines: ['user default on nopass resetchannels &+switch-master -@all +ping +subscribe +info'],
    play: async (teller) => {
      await teller.says('a', 'PING');
      await teller.says('a', 'SENTINEL', 'MASTERS');
      await teller.says('a', 'ACL', 'WHOAMI');
      await teller.says('a', 'SUBSCRIBE', '+sdown');
      await teller.says('a', 'SUBSCRIBE', '+switch-master');
    },
  },
];

async function play(kind: SentinelKind, story: Story): Promise<readonly string[]> {
  const compat = kind === 'ours' ? ['compat redis-7.0'] : [];
  const sentinel = await Sentinel.prepare({ kind, lines: [...(story.lines ?? []), ...compat] });
  const teller = new Teller(sentinel);
  onTestFinished(async () => {
    teller.close();
    await sentinel.dispose();
  });
  if (story.users !== undefined) teller.writes(story.users);
  await sentinel.restart();
  await story.play(teller);
  return teller.told;
}

/** Configurations that both refuse: what they say about it. */
const REFUSED: readonly {
  readonly name: string;
  readonly lines: string[];
  readonly users?: string;
}[] = [
  { name: 'an ACL file that does not exist', lines: ['aclfile users.acl'] },
  { name: 'an ACL file with a bad rule', lines: ['aclfile users.acl'], users: 'user a +nope\n' },
  {
    name: 'an ACL file with several errors',
    lines: ['aclfile users.acl'],
    users: 'user a on\nuser a off\nfoo\nuser b +@x\n',
  },
  { name: 'an ACL file and user lines', lines: ['aclfile users.acl', 'user a on'], users: '' },
  { name: 'a user with a bad rule', lines: ['user a on +foo'] },
  { name: 'a user with a bad password hash', lines: ['user a #abc'] },
  { name: 'a user with an unknown category', lines: ['user a +@foo'] },
  { name: 'a user with a blank in a selector', lines: ['user a "(+ping foo)"'] },
];

/** What a Sentinel that does not start says, without the lines that every start has. */
async function refusal(kind: SentinelKind, { lines, users }: (typeof REFUSED)[number]) {
  const compat = kind === 'ours' ? ['compat redis-7.0'] : [];
  const sentinel = await Sentinel.prepare({ kind, lines: [...compat, ...lines] });
  onTestFinished(() => sentinel.dispose());
  if (users !== undefined) writeFileSync(join(sentinel.folder, 'users.acl'), users);
  await expect(sentinel.restart()).rejects.toThrow('ended while starting');
  await until(() => !sentinel.running, 'it has ended');
  const { code } = await sentinel.ended;
  const said = sentinel
    .logText()
    .split('\n')
    .filter((line) => /acl|user|>>>|>>> '|rror/i.test(line))
    .map((line) => line.replace(/^\d+:X .{24} /, '').replaceAll(sentinel.folder, 'DIR'))
    .map((line) => line.replace(/at line \d+/, 'at line N'));
  return { code, said };
}

/** Where the lines of users stand in the file is known to differ (DIFFERENCES, D192). */
function inOrder(told: readonly string[]): string[] {
  const users = told.filter((line) => line.startsWith('user ')).sort();
  return told.map((line) => (line.startsWith('user ') ? users.shift()! : line));
}

describe('users: what the original makes of it, ours makes of it too:', () => {
  it.each(STORIES)('$name', async (story) => {
    const [original, ours] = [await play('original', story), await play('ours', story)];
    expect(original.length).toBeGreaterThan(0);
    expect(inOrder(ours)).toEqual(inOrder(original));
  });

  it.each(REFUSED)('no start with $name', async (one) => {
    const [original, ours] = [await refusal('original', one), await refusal('ours', one)];
    expect(original.said.length).toBeGreaterThan(0);
    expect(ours).toEqual(original);
  });
});

describe('a user file that says nothing of the default user', () => {
  it('leaves it to requirepass, after ACL LOAD as well', async () => {
    const users = 'user bob on >b ~* &* +@all\n';
    const story: Story = {
      name: '',
      lines: ['requirepass old', 'aclfile users.acl'],
      users,
      play: async (teller) => {
        await teller.says('a', 'PING');
        await teller.says('a', 'AUTH', 'bob', 'b');
        await teller.says('a', 'ACL', 'LOAD');
        await teller.says('b', 'PING');
        await teller.says('b', 'AUTH', 'old');
      },
    };
    expect(await play('ours', story)).toEqual([
      'a: PING -> NOAUTH Authentication required.',
      'a: AUTH bob b -> "OK"',
      'a: ACL LOAD -> "OK"',
      'b: PING -> NOAUTH Authentication required.',
      'b: AUTH old -> "OK"',
    ]);
  });
});
