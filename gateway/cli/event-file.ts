/** Appends events to a file, a JSON line each. */
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import type { WireEvent } from '../../actors/runtime-types.js';
import { misuse } from './failure.js';

export class EventFile {
  readonly path: string;
  readonly #stream: WriteStream;
  #failure: Error | undefined;

  private constructor(path: string, stream: WriteStream) {
    this.path = path;
    this.#stream = stream;
    stream.on('error', (error) => {
      this.#failure ??= error;
    });
  }

  /** @throws CommandFailure when the file cannot be written to: before anything is begun, not after hours of it */
  static async open(path: string): Promise<EventFile> {
    const stream = createWriteStream(path, { flags: 'a' });
    try {
      await once(stream, 'open');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw misuse(
        `--events: ${path} cannot be written to (${code}): name a file in a folder that exists and is yours`,
        error,
      );
    }
    return new EventFile(path, stream);
  }

  /** Why events are missing in the file, for instance a full disk. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Resolves when more may be written: a slow disk slows the reader down instead of filling the memory. */
  async append(event: WireEvent): Promise<void> {
    if (this.#failure !== undefined) return;
    if (this.#stream.write(`${JSON.stringify(event)}\n`)) return;
    // A failing stream never drains: its error ends the waiting, and is kept.
    await once(this.#stream, 'drain').catch(() => undefined);
  }

  /** Resolves when everything is in the file, or is known not to be. */
  async close(): Promise<void> {
    if (this.#stream.destroyed) return;
    await new Promise<void>((resolve) => {
      this.#stream.once('close', resolve);
      this.#stream.end();
    });
  }
}
