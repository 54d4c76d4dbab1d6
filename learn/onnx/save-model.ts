/** Writes a model to a file; large values go to a file beside it where that is asked for. */
import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeModel } from './codec.js';
import { OnnxError } from './error.js';
import { checkLocation } from './external-data.js';
import { mapTensors } from './map-tensors.js';
import type { ModelProto, TensorProto } from './messages.js';
import { EXTERNAL, tensorBytes } from './tensor-proto.js';

/** How stored tensors are put into a file of their own. */
export interface ExternalDataOptions {
  /** The name of that file, in the model's folder; `<model>.data` unless given. */
  readonly location?: string;
  /** Tensors of fewer bytes stay in the model; 1024 unless given, as in the `onnx` package. */
  readonly threshold?: number;
}

export interface SaveOptions {
  /** `true`: with the defaults. A model above 2 GiB cannot be written without. */
  readonly externalData?: boolean | ExternalDataOptions;
}

const DEFAULT_THRESHOLD = 1024;
/** Values start at multiples of this, in bytes, so that a reader can map them into memory as they are: a page of every usual system. */
const ALIGNMENT = 4096;
const STRING = 8;

/**
 * Writes a model. Whoever reads the path meanwhile, or after a crash, finds the old file or the new one, never half of one.
 * External data gets a SHA-1, by which {@link loadModel} tells a model beside which another model's data lies.
 *
 * @throws OnnxError when the model exceeds 2 GiB without external data, or has values in files that were not read
 * @example
 * await saveModel(model, 'network.onnx', { externalData: true });
 */
export async function saveModel(model: ModelProto, path: string, options: SaveOptions = {}): Promise<void> {
  const folder = dirname(path);
  mapTensors(model, (tensor) => {
    if (tensor.dataLocation !== EXTERNAL) return tensor;
    throw new OnnxError(
      `tensor "${tensor.name ?? ''}" has its values in another file, which would be lost: read the model with loadModel(path), which takes them in`,
    );
  });
  const { externalData = false } = options;
  if (externalData === false) {
    await replaceFile(path, (handle) => writeAll(handle, writeModel(model)));
    return;
  }
  const { location = `${basename(path)}.data`, threshold = DEFAULT_THRESHOLD } =
    externalData === true ? {} : externalData;
  checkLocation(location, 'the model');
  const target = join(folder, location);
  if (target === path)
    throw new OnnxError(`the values cannot go to ${location}, which is the model: name another file`);
  let small = model;
  await replaceFile(
    target,
    async (handle) => {
      small = await writeTensors(handle, model, location, threshold);
    },
    // Both files are complete before either takes its place, so that only a crash between two renames can part them.
    () => replaceFile(path, (handle) => writeAll(handle, writeModel(small))),
  );
}

/** Writes the large stored tensors, and gives the model that refers to them. */
async function writeTensors(
  handle: FileHandle,
  model: ModelProto,
  location: string,
  threshold: number,
): Promise<ModelProto> {
  const places = new Map<TensorProto, { offset: number; length: number }>();
  const parts: TensorProto[] = [];
  let end = 0;
  mapTensors(model, (tensor, place) => {
    if (place !== 'initializer' || tensor.dataType === STRING || places.has(tensor)) return tensor;
    const { length } = tensorBytes(tensor);
    if (length < Math.max(threshold, 1)) return tensor;
    const offset = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    places.set(tensor, { offset, length });
    parts.push(tensor);
    end = offset + length;
    return tensor;
  });
  const hash = createHash('sha1');
  let position = 0;
  for (const tensor of parts) {
    for (const bytes of [new Uint8Array(places.get(tensor)!.offset - position), tensorBytes(tensor)]) {
      await writeAll(handle, bytes);
      hash.update(bytes);
      position += bytes.length;
    }
  }
  const checksum = hash.digest('hex');
  return mapTensors(model, (tensor) => {
    const place = places.get(tensor);
    if (!place) return tensor;
    const {
      rawData: _,
      floatData: __,
      doubleData: ___,
      int32Data: ____,
      int64Data: _____,
      uint64Data: ______,
      ...rest
    } = tensor;
    const entries = { location, offset: String(place.offset), length: String(place.length), checksum };
    const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
    return { ...rest, dataLocation: EXTERNAL, externalData };
  });
}

/** Bytes of one call to the system. */
const LARGEST_WRITE = 2 ** 30;

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, Math.min(bytes.length - done, LARGEST_WRITE));
    done += bytesWritten;
  }
}

/** Writes a file under another name and lets it take its place when it is complete, and `before` is done. */
async function replaceFile(
  path: string,
  write: (handle: FileHandle) => Promise<void>,
  before?: () => Promise<void>,
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  const handle = await open(temporary, 'wx');
  try {
    try {
      await write(handle);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await before?.();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
