/**
 * Counters of the server, as INFO shows them (commands.md §7.1).
 */

export class Stats {
  connections = 0;
  commands = 0;
  bytesIn = 0;
  bytesOut = 0;
  rejected = 0;
  evicted = 0;
  errorReplies = 0;
  reads = 0;
  writes = 0;
  queryBufferDisconnections = 0;
  outputBufferDisconnections = 0;
  deniedAuth = 0;
  deniedCommand = 0;
  deniedChannel = 0;
  /** Largest buffers since the last sample but one. */
  maxInput = 0;
  maxOutput = 0;

  /** Of the last second: commands, bytes read, bytes written. */
  opsPerSecond = 0;
  inPerSecond = 0;
  outPerSecond = 0;

  #sampledAt = performance.now();
  #commands = 0;
  #bytesIn = 0;
  #bytesOut = 0;

  /** Computes the rates since the last call. */
  sample(): void {
    const now = performance.now();
    const seconds = Math.max((now - this.#sampledAt) / 1000, 0.001);
    this.opsPerSecond = Math.round((this.commands - this.#commands) / seconds);
    this.inPerSecond = (this.bytesIn - this.#bytesIn) / seconds;
    this.outPerSecond = (this.bytesOut - this.#bytesOut) / seconds;
    this.#sampledAt = now;
    this.#commands = this.commands;
    this.#bytesIn = this.bytesIn;
    this.#bytesOut = this.bytesOut;
  }
}
