/**
 * Files of the flight recorder: `sentinel-flight-<UTC time>-<pid>.jsonl` in a folder, accessible to
 * their owner only, the oldest removed when there are too many.
 */

import { closeSync, fsyncSync, openSync, readdirSync, unlinkSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pathText } from './paths.ts';

/** Files kept, those of earlier processes included. */
const FILES_MAX = 5;
const MODE = 0o600;
/** Bytes written at a time: in between the process continues its work. */
const PIECE_BYTES = 1 << 18;

export class FlightFiles {
  readonly #folder: string;

  /** `folder` is a byte string. */
  constructor(folder: string) {
    this.#folder = pathText(folder);
  }

  /**
   * Writes the file synchronously and returns its path. @throws the system's error, leaving no file
   */
  writeNow(lines: Iterable<string>): string {
    const path = this.#name();
    const fd = openSync(path, 'wx', MODE);
    try {
      for (const piece of pieces(lines)) writeSync(fd, piece);
      fsyncSync(fd);
    } catch (error) {
      unlinkSync(path);
      throw error;
    } finally {
      closeSync(fd);
    }
    this.#removeOld();
    return path;
  }

  /** The same, asynchronously and piece by piece. */
  async write(lines: Iterable<string>): Promise<string> {
    const path = this.#name();
    const file = await open(path, 'wx', MODE);
    try {
      for (const piece of pieces(lines)) await file.writeFile(piece);
      await file.sync();
    } catch (error) {
      unlinkSync(path);
      throw error;
    } finally {
      await file.close();
    }
    this.#removeOld();
    return path;
  }

  #name(): string {
    const time = new Date().toISOString().replace(/[-:.]/g, '');
    return join(this.#folder, `sentinel-flight-${time}-${process.pid}.jsonl`);
  }

  #removeOld(): void {
    const ours = (name: string) => /^sentinel-flight-\d{8}T\d{9}Z-\d+\.jsonl$/.test(name);
    const names = readdirSync(this.#folder).filter(ours).sort();
    for (const name of names.slice(0, -FILES_MAX)) unlinkSync(join(this.#folder, name));
  }
}

function* pieces(lines: Iterable<string>): Generator<string> {
  let piece = '';
  for (const line of lines) {
    piece += `${line}\n`;
    if (piece.length < PIECE_BYTES) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}
