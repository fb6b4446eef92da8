/** Do two Sentinels that watch the same groups give redis_exporter the same metrics? */
import type { Metrics } from './exporter.ts';

/** The metrics whose value and labels must be the same too. */
const SENTINEL = 'redis_sentinel_';

function names(metrics: Metrics): Set<string> {
  return new Set([...metrics.keys()].map((sample) => sample.replace(/\{.*/, '')));
}

function without(some: Iterable<string>, others: ReadonlySet<string>): string[] {
  return [...some].filter((one) => !others.has(one));
}

function sentinelLines(metrics: Metrics): Set<string> {
  const lines = [...metrics].map(([sample, value]) => `${sample} ${value}`);
  return new Set(lines.filter((line) => line.startsWith(SENTINEL)));
}

/** A sentence on what is the same, or what differs. */
export function parity(ours: Metrics, originals: Metrics): string {
  const differences = [
    ...without(names(originals), names(ours)).map((name) => `${name} only from the original`),
    ...without(names(ours), names(originals)).map((name) => `${name} only from ours`),
    ...without(sentinelLines(originals), sentinelLines(ours)).map((line) => `original: ${line}`),
    ...without(sentinelLines(ours), sentinelLines(originals)).map((line) => `ours: ${line}`),
  ];
  if (differences.length > 0) return differences.join('; ');
  return (
    `both kinds: ${names(ours).size} metrics of the same names, ${SENTINEL}* equal in labels ` +
    'and values'
  );
}
