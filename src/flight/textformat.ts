/** Inputs, effects and turns as human-readable lines. */
import type { Effect, Input, LinkReply, NameAnswer, Reply } from '../core/index.ts';
import type { Header, RecordedOutput, Snapshot } from './record.ts';

/** Texts longer than this are cut. */
const TEXT_MAX_BYTES = 160;

/** Remembers the endpoints of connections, to name them in the lines. */
export class TextFormat {
  readonly #ends = new Map<number, string>();
  readonly #written: number;
  readonly #writtenAt: number;

  constructor({ written, writtenAt }: Header, { connections }: Snapshot) {
    this.#written = Date.parse(written);
    this.#writtenAt = writtenAt;
    for (const { id, role, link } of connections.values()) {
      this.#ends.set(id, `${role} ${link.address.ip}:${link.address.port}`);
    }
  }

  /** Wall-clock time (UTC) of an instant of the driver. */
  time(at: number): string {
    return new Date(this.#written - (this.#writtenAt - at)).toISOString().slice(11, 23);
  }

  input(input: Input): string {
    switch (input.type) {
      case 'start':
        return ['start', ...(input.names ?? []).map(name)].join(', ');
      case 'tick':
        return input.type;
      case 'connected':
        return `connected ${this.#end(input.connection)} from ${input.localAddress}`;
      case 'disconnected':
        return `disconnected ${this.#end(input.connection)}: ${text(input.reason)}`;
      case 'reply':
        return `reply ${input.token} of ${this.#end(input.connection)}: ${reply(input.reply)}`;
      case 'subscribed':
        return `subscribed ${this.#end(input.connection)}`;
      case 'refused':
        return `refused the subscription ${this.#end(input.connection)}: ${text(input.reason)}`;
      case 'message':
        return `message on ${this.#end(input.connection)}: ${text(input.payload)}`;
      case 'command':
        return `command ${input.request}: ${words(input.argv)}`;
      case 'resolved':
        return `resolved ${name(input)}`;
      case 'scriptStarted':
        return `script ${input.job} started, pid ${input.pid}`;
      case 'scriptEnded':
        return `script ${input.job} ended, exit ${input.exitCode}, signal ${input.signal}`;
      case 'saved':
        return `saved ${input.version}: ${input.ok ? 'ok' : 'FAILED'}`;
    }
  }

  outcome(outcome: RecordedOutput): string[] {
    if ('error' in outcome) return [`ERROR ${outcome.error}`];
    if ('digest' in outcome) {
      return [
        outcome.digest === 0 ? 'nothing' : `something to instances, digest ${outcome.digest}`,
      ];
    }
    const save = outcome.save === null ? [] : [`save ${outcome.save}`];
    return [...save, ...outcome.effects.map((effect) => this.effect(effect))];
  }

  effect(effect: Effect): string {
    switch (effect.type) {
      case 'connect':
        this.#ends.set(effect.connection, `${effect.role} ${effect.host}:${effect.port}`);
        return `connect ${this.#end(effect.connection)}${effect.tls ? ' tls' : ''}`;
      case 'close':
        return `close ${this.#end(effect.connection)}`;
      case 'send':
        return `send ${effect.token} to ${this.#end(effect.connection)}: ${words(effect.argv)}`;
      case 'subscribe':
        return `subscribe on ${this.#end(effect.connection)}: ${effect.word} ${effect.channel}`;
      case 'answer':
        return `answer ${effect.request}: ${reply(effect.reply)}`;
      case 'event':
        return `event ${effect.name} ${text(effect.payload)}`;
      case 'log':
        return `log ${effect.level} ${text(effect.text)}`;
      case 'setLogLevel':
        return `log level ${effect.level}`;
      case 'resolve':
        return `resolve ${text(effect.host)}`;
      case 'runScript':
        return `run script ${effect.job}: ${words(effect.argv)}`;
      case 'killScript':
        return `kill script ${effect.job}`;
      case 'exit':
        return `exit ${effect.status}`;
    }
  }

  #end(connection: number): string {
    return `#${connection} (${this.#ends.get(connection) ?? 'gone'})`;
  }
}

function words(argv: readonly string[]): string {
  return argv.map((word) => (/^[\x21-\x7e]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
}

function name({ host, address }: NameAnswer): string {
  return `${text(host)}: ${address ?? 'no address'}`;
}

function text(one: string): string {
  const shown =
    one.length > TEXT_MAX_BYTES ? `${one.slice(0, TEXT_MAX_BYTES)}… (${one.length} bytes)` : one;
  return /^[\x20-\x7e…]*$/.test(shown) ? shown : JSON.stringify(shown);
}

function reply(one: Reply | LinkReply): string {
  switch (one.kind) {
    case 'error':
      return `-${text(one.text)}`;
    case 'integer':
      return `:${one.value}`;
    case 'null':
    case 'nullArray':
      return '(nil)';
    case 'array':
    case 'set':
    case 'push':
      return list(one.items.map(reply));
    case 'map':
      return list(one.entries.map(([key, value]) => `${reply(key)}: ${reply(value)}`));
    default:
      return text(one.text);
  }
}

function list(items: readonly string[]): string {
  const all = `[${items.join(', ')}]`;
  return all.length > 2 * TEXT_MAX_BYTES
    ? `${all.slice(0, 2 * TEXT_MAX_BYTES)}… (${items.length} items)`
    : all;
}
