/** Reads a model from a file, with the values that it keeps in files beside it. */
import { createHash } from 'node:crypto';
import { constants, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readModel } from './codec.js';
import { OnnxError } from './error.js';
import { ExternalFile, type ExternalRegion, externalRegion } from './external-data.js';
import { mapTensors } from './map-tensors.js';
import type { ModelProto, TensorProto } from './messages.js';
import { EXTERNAL } from './tensor-proto.js';
import { LARGEST_MESSAGE } from './wire.js';

/**
 * Reads an ONNX file. Values in other files (external data) are taken in as `rawData`; those files must lie in the model's
 * folder or below it. Where the model states a checksum, the file is held against it.
 *
 * @throws OnnxError when the file is no readable ONNX model, or names other files that it must not read, that are not there
 *   or do not fit; the message says which
 * @example
 * const model = await loadModel('network.onnx');
 */
export async function loadModel(path: string): Promise<ModelProto> {
  const model = readModel(await readWhole(path));
  const regions = new Map<TensorProto, ExternalRegion>();
  mapTensors(model, (tensor) => {
    if (tensor.dataLocation === EXTERNAL) regions.set(tensor, externalRegion(tensor));
    return tensor;
  });
  if (regions.size === 0) return model;
  const values = await readRegions(dirname(path), [...regions.values()]);
  return mapTensors(model, (tensor) => {
    const region = regions.get(tensor);
    if (!region) return tensor;
    const { dataLocation: _, externalData: __, ...rest } = tensor;
    return { ...rest, rawData: values.get(keyOf(region))! };
  });
}

async function readWhole(path: string): Promise<Uint8Array> {
  // Not blocking: a named pipe would make us wait for its writer.
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new OnnxError(`${path} is not a regular file: an ONNX model is read from one`);
    if (stats.size > LARGEST_MESSAGE) {
      throw new OnnxError(
        `${path} has ${stats.size} bytes: a protobuf file has at most 2 GiB; write the model with external data`,
      );
    }
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

function keyOf({ location, offset, length }: ExternalRegion): string {
  return `${offset}+${length} ${location}`;
}

/** The bytes of each region, by its key. Tensors with the same region share them. */
async function readRegions(folder: string, regions: readonly ExternalRegion[]): Promise<Map<string, Uint8Array>> {
  const values = new Map<string, Uint8Array>();
  for (const location of new Set(regions.map((region) => region.location))) {
    const here = new Map(regions.filter((region) => region.location === location).map((one) => [keyOf(one), one]));
    const parts = [...here.values()].sort((a, b) => a.offset - b.offset || a.length - b.length);
    const file = await ExternalFile.open(folder, location, parts[0]!.what);
    try {
      for (const part of parts) file.check(part);
      refuseOverlaps(parts);
      await refuseOtherSums(file, parts);
      for (const part of parts) values.set(keyOf(part), await file.read(part.offset, part.length));
    } finally {
      await file.close();
    }
  }
  return values;
}

/** A small hostile file could otherwise ask for the same gigabyte a thousand times. */
function refuseOverlaps(sorted: readonly ExternalRegion[]): void {
  let last: ExternalRegion | undefined;
  for (const region of sorted) {
    if (region.length === 0) continue;
    if (last && region.offset < last.offset + last.length) {
      throw new OnnxError(
        `${last.what} and ${region.what} share a part of their bytes in "${region.location}": the model is damaged or hostile`,
      );
    }
    last = region;
  }
}

/** Bytes that are hashed at a time. */
const HASHED_AT_ONCE = 2 ** 24;

async function refuseOtherSums(file: ExternalFile, parts: readonly ExternalRegion[]): Promise<void> {
  if (parts.every(({ checksum }) => checksum === undefined)) return;
  const hash = createHash('sha1');
  for (let offset = 0; offset < file.size; offset += HASHED_AT_ONCE) {
    hash.update(await file.read(offset, Math.min(HASHED_AT_ONCE, file.size - offset)));
  }
  const found = hash.digest('hex');
  const other = parts.find(({ checksum }) => checksum !== undefined && checksum !== found);
  if (!other) return;
  throw new OnnxError(
    `${other.what}: "${file.location}" has the SHA-1 ${found}, the model states ${other.checksum}: the two files were not written together; fetch both again`,
  );
}
