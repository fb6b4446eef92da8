import { simulate } from './run.ts';

const [from = '1', to = '100', table] = process.argv.slice(2);
let failovers = 0,
  turns = 0,
  virtual = 0,
  bad = 0;
const began = process.hrtime.bigint();
const by = new Map<string, number[]>();
for (let seed = Number(from); seed <= Number(to); seed++) {
  const o = simulate(seed);
  failovers += o.failovers;
  turns += o.turns;
  virtual += o.virtualMs;
  if (o.violation) {
    bad++;
    const k = o.violation.rows;
    by.set(k, [...(by.get(k) ?? []), seed]);
    process.stdout.write(`${seed} ${k} ${o.violation.sentence.slice(0, 400)}\n`);
    if (table) {
      process.stdout.write(
        JSON.stringify(o.plan) + '\n' + o.world.record.table(Number(table)) + '\n',
      );
    }
  }
}
const s = Number(process.hrtime.bigint() - began) / 1e9;
process.stdout.write(
  `bad ${bad} failovers ${failovers} turns ${turns} virtual ${Math.round(virtual / 1000)}s in ${s.toFixed(1)}s: ${(failovers / s).toFixed(0)}/s\n`,
);
for (const [k, v] of by) process.stdout.write(`${k}: ${v.length} ${v.slice(0, 12).join(' ')}\n`);
