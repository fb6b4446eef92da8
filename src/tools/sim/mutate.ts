/** Hunts mutants: each in a folder of its own, in a process of its own, until a checker objects. */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTANTS, type Mutant } from './mutants.ts';

export interface Caught {
  readonly mutant: Mutant;
  /** null: it got away. */
  readonly by: { readonly rows: string; readonly sentence: string; readonly seed: number } | null;
  readonly seeds: number;
}

/** Text with the fault in it. Throws when the place is not found exactly once. */
export function withFault(text: string, { name, file, find, put }: Mutant): string {
  const parts = text.split(find);
  if (parts.length !== 2) {
    throw new Error(`mutant "${name}": found ${parts.length - 1} times in ${file}: ${find}`);
  }
  return parts.join(put);
}

function infect(mutant: Mutant): string {
  const built = fileURLToPath(new URL('../..', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'sim-mutant-'));
  for (const room of ['core', 'config', 'tools/sim']) {
    cpSync(join(built, room), join(folder, room), { recursive: true });
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const path = join(folder, 'core', mutant.file);
  writeFileSync(path, withFault(readFileSync(path, 'utf8'), mutant));
  return folder;
}

function hunt(mutant: Mutant, from: number, seeds: number): Promise<Caught> {
  const folder = infect(mutant);
  const script = join(folder, 'tools', 'sim', 'hunt.js');
  const child = spawn(process.execPath, [script, String(from), String(seeds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += String(chunk);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      rmSync(folder, { recursive: true, force: true });
      if (status !== 0) reject(new Error(`the hunt for "${mutant.name}" ended with ${status}`));
      else resolve({ mutant, ...JSON.parse(output) });
    });
  });
}

/**
 * Hunts the mutants whose names contain `only`, so many at a time; tells each as soon as it is
 * known.
 */
export async function huntMutants(
  options: { only: string; from: number; seeds: number; workers: number },
  tell: (caught: Caught) => void,
): Promise<void> {
  const wanted = MUTANTS.filter(({ name }) => name.includes(options.only));
  const hunters = Array.from({ length: options.workers }, async () => {
    for (let mutant = wanted.shift(); mutant !== undefined; mutant = wanted.shift()) {
      tell(await hunt(mutant, options.from, options.seeds));
    }
  });
  await Promise.all(hunters);
}
