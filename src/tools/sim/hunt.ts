/**
 * Plays the drills, then runs seeds until something is violated and prints that as JSON: the
 * process in which a mutant is hunted. The world has a thread of its own: with some mutants it is
 * without end, and then the clock on the wall objects.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { playDrills } from './drills/index.ts';
import { simulate } from './run.ts';

interface By {
  readonly rows: string;
  readonly sentence: string;
  readonly seed: number;
}

/** From the thread: `seeds` are done, and go on with `at`; or it is over. */
interface News {
  readonly at: string;
  readonly seed: number;
  readonly seeds: number;
  readonly over: boolean;
  readonly by: By | null;
}

/** Of a seed, or of a drill with all its seeds, which take a second or so. */
const LIMIT_S = 120;

function play(from: number, seeds: number, tell: (news: News) => void): void {
  const goOn = (at: string, seed: number, done: number) =>
    tell({ at, seed, seeds: done, over: false, by: null });
  const end = (by: By | null, done: number) =>
    tell({ at: '', seed: 0, seeds: done, over: true, by });
  goOn('the first drill', 1, 0);
  const broken = playDrills(({ name }) => goOn(`the drill after "${name}"`, 1, 0));
  if (broken !== null) {
    end({ ...broken, sentence: `drill "${broken.drill}": ${broken.sentence}` }, 0);
    return;
  }
  for (let done = 0; done < seeds; done++) {
    const seed = from + done;
    goOn(`seed ${seed}`, seed, done);
    const { violation } = simulate(seed);
    if (violation === null) continue;
    end({ ...violation, sentence: violation.sentence.split('\n')[0]!, seed }, done + 1);
    return;
  }
  end(null, seeds);
}

function watch(from: number, seeds: number): void {
  const say = (by: By | null, done: number) =>
    process.stdout.write(JSON.stringify({ by, seeds: done }), () => process.exit());
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { from, seeds },
    // Worlds are large and die young: with the usual 48 MB they are copied about more often.
    resourceLimits: { maxYoungGenerationSizeMb: 192 },
  });
  let last: News = { at: 'the start', seed: from, seeds: 0, over: false, by: null };
  const endless = (how: string) =>
    say({ rows: 'endless', sentence: `${last.at} ${how}`, seed: last.seed }, last.seeds);
  let limit: NodeJS.Timeout | undefined;
  worker.on('message', (news: News) => {
    clearTimeout(limit);
    last = news;
    if (news.over) say(news.by, news.seeds);
    else limit = setTimeout(endless, LIMIT_S * 1000, `is not over after ${LIMIT_S} s`);
  });
  worker.on('error', (error: Error & { code?: string }) => {
    if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') throw error;
    endless('needs all of the memory');
  });
}

if (isMainThread) {
  const [from, seeds] = process.argv.slice(2).map(Number) as [number, number];
  watch(from, seeds);
} else {
  const { from, seeds } = workerData as { from: number; seeds: number };
  play(from, seeds, (news) => parentPort!.postMessage(news));
}
