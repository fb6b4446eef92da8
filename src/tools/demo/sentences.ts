/**
 * What an event means, in a few words: the third column of the timelines. Events that tell the
 * reader nothing are left out.
 */
import type { Seen } from './watch.ts';

/** Names of processes as the demonstration shows them. */
export interface Names {
  /** `R1` … for the server at this port. */
  server(port: string): string;
  /** `S1` … for the Sentinel with this id. */
  sentinel(id: string): string;
}

/** The server an event is about: `slave <name> <ip> <port> @ …` or `master <name> <ip> <port>`. */
function subject(words: readonly string[], names: Names): string {
  return names.server(words[3] ?? '');
}

/** The sentence for one event; null when it is not worth a line. */
export function sentence({ event, payload }: Seen, names: Names): string | null {
  const words = payload.split(' ');
  const about = subject(words, names);
  if (event.startsWith('-failover-abort')) return 'gives this attempt up';
  switch (event) {
    case '+sdown':
      return words[0] !== 'master' ? null : `has heard nothing from ${about} for too long`;
    case '-sdown':
      return words[0] === 'sentinel' ? null : `hears ${about} again`;
    case '+odown':
      return `the quorum agrees (${words.at(-1)}): ${about} is down`;
    case '+try-failover':
      return 'stands for election';
    case '+vote-for-leader':
      return `votes for ${names.sentinel(words[0] ?? '')} in epoch ${words[1]}`;
    case '+elected-leader':
      return 'is elected and leads the failover';
    case '+selected-slave':
      return `chooses ${about}`;
    case '+failover-state-wait-promotion':
      return `tells ${about} to be the master`;
    case '+promoted-slave':
      return `${about} says that it is the master`;
    case '+slave-reconf-sent':
      return `tells ${about} to follow the new master`;
    case '+slave-reconf-done':
      return `${about} follows the new master`;
    case '+switch-master':
      return `sends clients to ${names.server(words[4] ?? '')} from now on`;
    case '+reboot':
      return `${about} has been restarted`;
    case '+convert-to-slave':
      return `tells ${about} to become a replica`;
    default:
      return null;
  }
}
