/**
 * Values of tensors that stand in files beside the model (onnx.ai, "External Data"). A model is data from somewhere: it may name
 * files of its own folder and nothing else, whatever links, devices and numbers it tries.
 */
import { constants as buffer } from 'node:buffer';
import { constants, type FileHandle, open, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, sep, win32 } from 'node:path';
import { OnnxError } from './error.js';
import type { TensorProto } from './messages.js';
import { byteLength } from './tensor-proto.js';

/** The part of a file that holds a tensor's values. */
export interface ExternalRegion {
  /** The tensor, for messages. */
  readonly what: string;
  /** Relative to the model's folder. */
  readonly location: string;
  /** In bytes from the start of the file. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
  /** SHA-1 of the whole file, in hex, where the model states it. */
  readonly checksum?: string;
}

/** Where the values of a tensor are. @throws OnnxError when place or size is not one, or does not fit the tensor */
export function externalRegion(tensor: TensorProto): ExternalRegion {
  const what = tensor.name ? `tensor "${tensor.name}"` : 'a tensor without name';
  const entries = new Map((tensor.externalData ?? []).map(({ key, value }) => [key, value ?? '']));
  const location = checkLocation(entries.get('location') ?? '', what);
  const expected = byteLength(tensor);
  const length = wholeNumber(entries.get('length'), expected, `${what}: the length of its external data`);
  const offset = wholeNumber(entries.get('offset'), 0, `${what}: the offset of its external data`);
  if (length !== expected) {
    throw new OnnxError(
      `${what} needs ${expected} bytes, the model says that ${length} bytes of "${location}" hold them: write the model again`,
    );
  }
  const checksum = entries.get('checksum');
  return { what, location, offset, length, ...(checksum && { checksum: checksum.toLowerCase() }) };
}

/** A file name relative to the model's folder that stays inside it. @throws OnnxError for any other */
export function checkLocation(location: string, what: string): string {
  const parts = location.split(/[\\/]/);
  const leaves =
    location === '' ||
    location.includes('\0') ||
    isAbsolute(location) ||
    win32.isAbsolute(location) ||
    /^[a-z]:/i.test(location) ||
    parts.includes('..') ||
    parts.at(-1) === '' ||
    parts.at(-1) === '.';
  if (!leaves) return location;
  throw new OnnxError(
    `${what} has its values in ${JSON.stringify(location)}: only a file in the model's own folder is read; put the file there and name it without "..", drive or leading slash`,
  );
}

function wholeNumber(text: string | undefined, missing: number, what: string): number {
  if (text === undefined) return missing;
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new OnnxError(`${what} is ${JSON.stringify(text)}: it must be a whole number of bytes, 0 or more`);
}

/** Beyond this many bytes Node reads a file in parts. */
const LARGEST_READ = 2 ** 30;

/** A file beside the model, open for reading. */
export class ExternalFile {
  readonly #handle: FileHandle;
  readonly location: string;
  /** In bytes. */
  readonly size: number;

  private constructor(handle: FileHandle, location: string, size: number) {
    this.#handle = handle;
    this.location = location;
    this.size = size;
  }

  /** @throws OnnxError when it is not there, is reached through a link that leaves the folder, or is no regular file */
  static async open(folder: string, location: string, what: string): Promise<ExternalFile> {
    const where = `${what} has its values in "${location}"`;
    const path = await realpath(join(folder, location)).catch((cause) => {
      throw new OnnxError(
        `${where}, which is not in ${folder} (${(cause as NodeJS.ErrnoException).code}): put the file there`,
        { cause },
      );
    });
    const inside = relative(await realpath(folder), path);
    if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
      throw new OnnxError(
        `${where}, a link out of the model's folder ${folder}: put a copy of the file into the folder instead`,
      );
    }
    // Not blocking: a named pipe would make us wait for its writer. No link: it was resolved above, and may not come back since.
    const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);
    const handle = await open(path, flags).catch((cause) => {
      throw new OnnxError(`${where}, which cannot be opened (${(cause as NodeJS.ErrnoException).code}): ${path}`, {
        cause,
      });
    });
    const stats = await handle.stat();
    if (stats.isFile()) return new ExternalFile(handle, location, stats.size);
    await handle.close();
    throw new OnnxError(`${where}, which is not a regular file: ${path}`);
  }

  /** @throws OnnxError when the region reaches beyond the end */
  check({ what, offset, length }: ExternalRegion): void {
    if (length > buffer.MAX_LENGTH) {
      throw new OnnxError(`${what} has ${length} bytes: an array of this Node.js holds at most ${buffer.MAX_LENGTH}`);
    }
    if (offset <= this.size && length <= this.size - offset) return;
    throw new OnnxError(
      `${what}: bytes ${offset} to ${offset + length} of "${this.location}" hold its values, but the file has ${this.size} bytes: it is cut short or not the model's`,
    );
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const part = Math.min(length - done, LARGEST_READ);
      const { bytesRead } = await this.#handle.read(bytes, done, part, offset + done);
      if (bytesRead === 0) throw new OnnxError(`"${this.location}" became shorter while it was read: read it again`);
      done += bytesRead;
    }
    return bytes;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
