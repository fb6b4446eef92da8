import { describe, expect, it } from 'vitest';
import { drawConditions } from '../../../../src/tools/sim/conditions.ts';
import type { Connection, Message, Party } from '../../../../src/tools/sim/network.ts';
import { World } from '../../../../src/tools/sim/world.ts';

class Peer implements Party {
  readonly up = true;
  readonly port = 1;
  readonly heard: string[] = [];
  connection: Connection | null = null;
  readonly name: string;
  readonly host: Party['host'];

  constructor(world: World, name: string) {
    this.name = name;
    this.host = world.addHost(name);
    world.network.listen(this);
  }

  accepted(connection: Connection): void {
    this.connection = connection;
    this.heard.push('accepted');
  }

  opened(): void {
    this.heard.push('opened');
  }

  received(_connection: Connection, message: Message): void {
    this.heard.push(message.t === 'push' ? message.payload : message.t);
  }

  closed(_connection: Connection, reason: string): void {
    this.heard.push(reason);
  }
}

function pair() {
  const world = new World({ ...drawConditions(1), latency: [0.1, 5] });
  const [a, b] = [new Peer(world, 'A'), new Peer(world, 'B')];
  const connection = world.network.connect(a, b.host.ip, 1, 7);
  const say = (payload: string) => world.network.send(connection, 0, { t: 'push', payload });
  return { world, a, b, connection, say };
}

describe('a virtual connection', () => {
  it('keeps the order of what is written', () => {
    const { world, a, b, say } = pair();
    world.run(50);
    const words = Array.from({ length: 50 }, (_, i) => String(i));
    for (const word of words) say(word);
    world.run(50);
    expect(a.heard).toEqual(['opened']);
    expect(b.heard).toEqual(['accepted', ...words]);
  });

  it('keeps the order of what was sent before a partition and what is sent during it', () => {
    const { world, a, b, say } = pair();
    world.run(50);
    for (const word of ['1', '2']) say(word);
    world.network.block(a.host, b.host);
    for (const word of ['3', '4']) say(word);
    world.run(50);
    expect(b.heard).toEqual(['accepted']);
    world.network.unblock(a.host, b.host);
    world.run(50);
    expect(b.heard).toEqual(['accepted', '1', '2', '3', '4']);
  });

  it('keeps the order through short partitions', () => {
    const { world, a, b, say } = pair();
    world.run(50);
    const words = Array.from({ length: 300 }, (_, i) => String(i));
    for (const [i, word] of words.entries()) {
      say(word);
      world.run(0.5);
      if (i % 7 === 3) world.network.block(a.host, b.host);
      if (i % 7 === 5) world.network.unblock(a.host, b.host);
    }
    world.network.healAll();
    world.run(50);
    expect(b.heard).toEqual(['accepted', ...words]);
  });

  it('holds back what a partition stops, one way only, and delivers it when it heals', () => {
    const { world, a, b, connection, say } = pair();
    world.run(50);
    world.network.block(a.host, b.host);
    say('held');
    world.network.send(connection, 1, { t: 'push', payload: 'passes' });
    world.run(1000);
    expect(a.heard).toEqual(['opened', 'passes']);
    expect(b.heard).toEqual(['accepted']);
    world.network.unblock(a.host, b.host);
    say('next');
    world.run(50);
    expect(b.heard).toEqual(['accepted', 'held', 'next']);
  });

  it('is refused where nobody listens and hangs where the host is down', () => {
    const { world, a, b } = pair();
    world.run(50);
    world.network.connect(a, b.host.ip, 2, 8);
    world.run(50);
    expect(a.heard).toEqual(['opened', 'Connection refused']);
    b.host.powered = false;
    world.network.connect(a, b.host.ip, 1, 9);
    world.run(5000);
    expect(a.heard).toEqual(['opened', 'Connection refused']);
  });

  it('that one end forgot is reset when the other writes', () => {
    const { world, a, connection, say } = pair();
    world.run(50);
    world.network.vanish(connection, 1);
    world.run(5000);
    expect(a.heard).toEqual(['opened']);
    say('anybody there?');
    world.run(50);
    expect(a.heard).toEqual(['opened', 'reset']);
  });
});
