import { simulate } from './run.ts';

const [seed = '1', n = '40', from = '0', pattern = '.'] = process.argv.slice(2);
const o = simulate(Number(seed), { keepAll: true });
process.stdout.write(
  `${JSON.stringify(o.plan)}\n${JSON.stringify(o.violation)} ${o.fingerprint}\n`,
);
const e = o.world.record.entries.filter(
  (x) => x.at >= Number(from) && new RegExp(pattern).test(x.who + ' ' + x.text),
);
for (const x of Number(n) > 0 ? e.slice(-Number(n)) : e.slice(0, -Number(n)))
  process.stdout.write(
    `${x.at.toFixed(1).padStart(10)} ${x.who.padEnd(8)} ${x.text.replace(/[0-9a-f]{32}\b/g, '').slice(0, 220)}\n`,
  );
