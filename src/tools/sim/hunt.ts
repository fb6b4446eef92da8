/**
 * Plays the drills, then runs seeds until something is violated and prints that as JSON: the
 * process in which a mutant is hunted.
 */
import { playDrills } from './drills/index.ts';
import { simulate } from './run.ts';

const [from, seeds] = process.argv.slice(2).map(Number) as [number, number];
let by: { rows: string; sentence: string; seed: number } | null = null;
let done = 0;
const broken = playDrills();
if (broken !== null) {
  by = { ...broken, sentence: `drill "${broken.drill}": ${broken.sentence}` };
}
for (; done < seeds && by === null; done++) {
  const seed = from + done;
  const { violation } = simulate(seed);
  if (violation !== null) by = { ...violation, sentence: violation.sentence.split('\n')[0]!, seed };
}
process.stdout.write(JSON.stringify({ by, seeds: done }));
