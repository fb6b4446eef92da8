/**
 * What counts when several texts say something about the same thing: the file itself, files that it
 * includes, standard input, options.
 *
 * The last line counts, with one exception: what a save has appended to the file are copies of
 * settings, in force when it was written. They do not count where an included file says otherwise,
 * which may have been changed since, by a tool that knows nothing of the copies. (What a Sentinel
 * has learned, addresses and epochs, is no setting: see `sentinel.ts`.)
 */

/** A text. Lines of one text share the same object. */
export interface Source {
  readonly kind: 'file' | 'include' | 'stdin' | 'options';
  /** As given; empty but for included files. */
  readonly path: string;
}

export interface Place {
  readonly source: Source;
  /** Stands in the file behind the mark of a save. */
  readonly saved: boolean;
  /** Counts all lines of all texts, in the order in which they are read. */
  readonly order: number;
}

interface Said {
  readonly place: Place;
  readonly value: string;
}

/** The lines that count so far, by setting. */
export type Settings = Map<string, Said>;

export function nameOf({ kind, path }: Source): string {
  const names = {
    file: 'the configuration file',
    stdin: 'standard input',
    options: 'the command line',
  };
  return kind === 'include' ? path : names[kind];
}

/** Whether one is a copy of what the other may say. */
export function isCopy(one: Place, other: Place): boolean {
  return one.saved && other.source.kind === 'include';
}

function counts(one: Place, other: Place): boolean {
  if (isCopy(one, other)) return false;
  return isCopy(other, one) || one.order > other.order;
}

/**
 * Whether a line counts for a setting, after all that was said before.
 *
 * @param setting as shown in the log; @param logs told when an included file overrules the file
 */
export function prevails(
  settings: Settings,
  setting: string,
  { place, value }: Said,
  logs: string[],
): boolean {
  const before = settings.get(setting);
  const wins = before === undefined || counts(place, before.place);
  if (before !== undefined && before.value !== value) {
    const [winner, loser] = wins ? [place, before.place] : [before.place, place];
    if (winner.source.kind === 'include' && loser.source.kind === 'file') {
      const [there, here] = [nameOf(winner.source), nameOf(loser.source)];
      logs.push(`${setting}: what ${there} says counts, not what ${here} says`);
    }
  }
  if (wins) settings.set(setting, { place, value });
  return wins;
}
