/**
 * What all programs around the lab share: reading a command line into a plan, help, printing a
 * line.
 */

/** Prints a line. */
export function say(text = ''): void {
  process.stdout.write(`${text}\n`);
}

/**
 * Reads the plan and plays it. `read` throws an Error with a text for the user when an option makes
 * no sense, and gives null when help is wanted. @returns the exit code: 2 for such options, else
 * what `play` gives
 */
export async function runProgram<P>(
  args: readonly string[],
  program: {
    readonly help: string;
    read(args: readonly string[]): P | null;
    play(plan: P): Promise<number>;
  },
): Promise<number> {
  let plan: P | null;
  try {
    plan = program.read(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${program.help}\n`);
    return 2;
  }
  if (plan !== null) return program.play(plan);
  say(program.help);
  return 0;
}

/**
 * The lab ends its processes and removes its folders when this process exits: let signals end it.
 */
export function exitOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(130));
  }
}

/**
 * The members of `among` that a comma-separated list names; all of them without a list. @throws
 * Error naming all words
 */
export function choose<T extends { readonly word: string }>(
  what: string,
  among: readonly T[],
  list: string | undefined,
): readonly T[] {
  if (list === undefined) return among;
  return list.split(',').map((word) => {
    const found = among.find((one) => one.word === word);
    if (found === undefined) {
      const words = among.map((one) => one.word).join(', ');
      throw new Error(`no ${what} is called ${word} (there are ${words})`);
    }
    return found;
  });
}

/** A whole number. @throws Error naming the option */
export function wholeNumber(option: string, word: string, least = 1): number {
  const number = Number(word);
  if (Number.isInteger(number) && number >= least) return number;
  throw new Error(`${option} wants a whole number of at least ${least}`);
}
