/**
 * Scripts of originals and of ours: what they are called with, how often, and what is said of them
 * (events.md §4).
 */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { type Answer, readText, rows, until } from '../../src/tools/lab/index.ts';
import { expectParity, type Story } from '../support/event-parity.ts';
import { type Fleet, GROUP } from '../support/fleet.ts';

function script(fleet: Fleet, name: string, body: string): string {
  const path = join(fleet.folder(), name);
  writeFileSync(path, body);
  chmodSync(path, 0o755);
  return path;
}

/** The lines of a file that a script has written in its Sentinel's folder, masked. */
function written(fleet: Fleet, number: number, file: string): string[] {
  const text = readText(join(fleet.sentinel(number).folder, file));
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => fleet.masked(line));
}

/** Waits until no script runs or waits. */
async function idle(fleet: Fleet): Promise<void> {
  for (const sentinel of fleet.group.sentinels) {
    await until(async () => {
      const { sentinel_running_scripts, sentinel_scripts_queue_length } = await sentinel.info();
      return `${sentinel_running_scripts} ${sentinel_scripts_queue_length}` === '0 0';
    }, 'all scripts have ended');
  }
}

/** Both scripts write how they were called into the folder they run in. */
function bothScripts(fleet: Fleet): string[] {
  for (const name of ['m', 'a', 'b']) {
    fleet.name(`[127.0.0.1][${fleet.server(name).port}]`, `[<${name}>]`);
  }
  // In one write: several may run side by side.
  const say = (file: string) =>
    `#!/bin/sh\nline="$# $0 "\nfor one; do line="$line[$one]"; done\necho "$line" >> ${file}\n`;
  return [
    `sentinel notification-script ${GROUP} ${script(fleet, 'notify.sh', say('notified'))}`,
    `sentinel client-reconfig-script ${GROUP} ${script(fleet, 'move.sh', say('moved'))}`,
  ];
}

/**
 * A failover on three Sentinels and what their scripts were told; the order of jobs that run side
 * by side is chance.
 */
async function failover(fleet: Fleet): Promise<Story> {
  for (const number of [2, 3]) {
    await fleet.sentinel(number).command('SENTINEL', 'SET', GROUP, 'quorum', 4);
  }
  await fleet.server('m').kill();
  for (const tape of fleet.tapes) await tape.heard('+sdown slave [m]');
  await fleet.say('RESET', GROUP);
  await fleet.say('REMOVE', GROUP);
  await idle(fleet);
  const story: Record<string, string[]> = {};
  for (const number of [1, 2, 3]) {
    const anyPeer = (one: string) =>
      one.replace(/(\[\+config-update-from\] ?\[sentinel) \S+ \S+/, '$1');
    story[`notified, s${number}`] = written(fleet, number, 'notified').map(anyPeer).sort();
    story[`moved, s${number}`] = written(fleet, number, 'moved');
  }
  return story;
}

/** How scripts can end. Each writes a line into `runs` when it begins. */
const endings: Readonly<Record<string, string>> = {
  'well.sh': 'exit 0',
  'one.sh': 'date +%s%3N >> times\nexit 1',
  'three.sh': 'exit 3',
  'signal.sh': 'kill -9 $$',
  'once.sh': '[ -e once ] && exit 0\ntouch once\nkill -15 $$',
  'gone.sh': 'rm "$0"\nexit 1',
  'slow.sh': '[ -e slow ] && exit 0\ntouch slow\nexec sleep 60',
};

const RETRY_MS = 4;

/** Ten runs; each pause is twice as long as the one before. */
function pauses(times: readonly number[]): string[] {
  return times.slice(1).map((at, i) => {
    const least = RETRY_MS * 2 ** i;
    return at - times[i]! >= least ? `at least ${least} ms` : `${at - times[i]!} ms`;
  });
}

/**
 * Every ending, each script with a group of its own; what configures a script is told to it, and
 * that is its one job.
 */
async function ends(fleet: Fleet): Promise<Story> {
  const { host, port } = fleet.server('m');
  const all = Object.entries(endings).map(([name, body]) => {
    const begin = `#!/bin/sh\necho "$0" "$@" >> runs\n`;
    return script(fleet, name, `${begin}${body}\n`);
  });
  all.push(script(fleet, 'text.sh', 'echo "$0" >> runs\n'));
  for (const [index, path] of all.entries()) {
    await fleet.say('MONITOR', `g${index}`, host, port, 1);
    await fleet.say('SET', `g${index}`, 'notification-script', path);
  }
  await fleet.tape().heard('-script-error', 5);
  await idle(fleet);
  const events = await fleet.tape().take();
  const pid = (one: string) => one.replace(/^(-script-timeout \S+) \d+$/, '$1 pid');
  return {
    // Independent of each other; the timeout may be said again until the script is gone.
    events: [...new Set(events.filter((one) => one.startsWith('-script')).map(pid))].sort(),
    runs: written(fleet, 1, 'runs').sort(),
    pauses: pauses(written(fleet, 1, 'times').map(Number)),
    // Only in the log, and only at its lowest level.
    children: fleet
      .sentinel(1)
      .events()
      .filter((one) => /^[+-]script-child$/.test(one.event ?? ''))
      .map((one) => `${one.level}: ${one.text.replace(/ \d+/, ' pid')}`)
      .sort(),
    published: [...new Set(events.map((one) => one.split(' ')[0]!))].sort(),
  };
}

const pending = (answer: Answer) =>
  rows(answer).map((job) => `${job.flags} ${String(job.argv).split(',').slice(1).join(' ')}`);

/** Options for one SET, of which each is an event and so a job. */
function quorums(from: number, to: number): (string | number)[] {
  return Array.from({ length: to - from + 1 }, (_, i) => ['quorum', from + i]).flat();
}

/** More jobs than may run, then more than may wait. */
async function crowd(fleet: Fleet): Promise<Story> {
  const body = '#!/bin/sh\nwhile [ ! -e go ]; do sleep 0.2; done\necho "$@" >> done\n';
  await fleet.say('SET', GROUP, 'notification-script', script(fleet, 'wait.sh', body));
  await fleet.say('SET', GROUP, ...quorums(1, 15));
  await until(
    async () => (await fleet.sentinel(1).info()).sentinel_running_scripts === '16',
    'sixteen run',
  );
  await fleet.say('SET', GROUP, ...quorums(16, 300));
  const { sentinel_running_scripts, sentinel_scripts_queue_length } = await fleet
    .sentinel(1)
    .info();
  const queue = pending(await fleet.say('PENDING-SCRIPTS')).map((one) => fleet.masked(one));
  writeFileSync(join(fleet.sentinel(1).folder, 'go'), '');
  await idle(fleet);
  return {
    counts: [`${sentinel_running_scripts} of ${sentinel_scripts_queue_length}`],
    queue,
    done: written(fleet, 1, 'done').sort(),
  };
}

describe.concurrent('scripts are run as the original runs them', () => {
  it('with the same arguments during a failover, on leader and observers', async (context) => {
    await expectParity(context, {
      plan: {
        servers: { m: [], a: ['replica-priority 10'], b: [] },
        sentinels: 3,
        quorum: 3,
        lines: bothScripts,
      },
      act: failover,
      chance: {
        'notified, s1': ['2 /files/notify.sh [-odown][master g <m>]'],
      },
    });
  });

  it('again after failures that may pass only, with the same words about it', async (context) => {
    await expectParity(context, {
      plan: {
        servers: { m: [] },
        lines: () => ['sentinel deny-scripts-reconfig no'],
        debug: { 'script-retry-delay': RETRY_MS, 'script-max-runtime': 900 },
        logLevel: 'debug',
      },
      act: ends,
      known: { children: ['no child without a program'] },
    });
  });

  it('sixteen at a time, and 256 in all', async (context) => {
    await expectParity(context, {
      plan: {
        servers: { m: [] },
        // Many processes at once: nobody is to be missed meanwhile.
        downAfter: 30_000,
        lines: () => ['sentinel deny-scripts-reconfig no'],
      },
      act: crowd,
    });
  });
});
