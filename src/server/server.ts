/**
 * The server as a whole: its listeners, its clients, and the door through which the house reaches them.
 */
import type { Socket } from 'node:net';
import { closed, type Listener, openListeners } from './listen.ts';
import type { ServerPorts, ServerSettings } from './settings.ts';

export class Server {
  readonly settings: ServerSettings;
  readonly ports: ServerPorts;
  readonly #sockets = new Set<Socket>();
  #listeners: Listener[] = [];

  constructor(settings: ServerSettings, ports: ServerPorts) {
    this.settings = settings;
    this.ports = ports;
  }

  /** Clients connected now. */
  get connectedClients(): number {
    return this.#sockets.size;
  }

  /** Opens the listeners. Throws `ListenError`, with nothing left open. */
  async start(): Promise<void> {
    this.#listeners = await openListeners(
      this.settings,
      (socket) => this.#accept(socket),
      (text) => this.ports.log('warning', text),
    );
  }

  /** Closes listeners and clients. */
  async stop(): Promise<void> {
    const listeners = this.#listeners.splice(0);
    const ended = listeners.map(({ server }) => closed(server));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(ended);
  }

  /** Delivers an event to the clients that subscribed to it. */
  publish(_channel: string, _payload: string): void {}

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
