/** Reads a network file so that it can cross threads, and be recognised. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { loadModel, type ModelProto, readModel, type TensorProto, writeModel } from '../../onnx/index.js';
import { mapTensors } from '../../onnx/map-tensors.js';
import { EXTERNAL } from '../../onnx/tensor-proto.js';

/** A file and all that it refers to. */
export interface NetworkFile {
  readonly model: ModelProto;
  /** The file; where it keeps values in other files, with those taken in. */
  readonly network: Uint8Array;
  /** SHA-256 of the file, and of the values that it keeps in other files, in their order; hexadecimal. */
  readonly sha256: string;
}

/** @throws OnnxError as {@link loadModel} does */
export async function readNetworkFile(path: string): Promise<NetworkFile> {
  const model = await loadModel(path);
  const bytes = new Uint8Array(await readFile(path));
  const hash = createHash('sha256').update(bytes);
  const inside: TensorProto[] = [];
  mapTensors(model, (tensor) => {
    inside.push(tensor);
    return tensor;
  });
  let outside = false;
  let place = 0;
  mapTensors(readModel(bytes), (tensor) => {
    const whole = inside[place++];
    if (tensor.dataLocation === EXTERNAL && whole?.rawData) {
      outside = true;
      hash.update(whole.rawData);
    }
    return tensor;
  });
  return { model, network: outside ? writeModel(model) : bytes, sha256: hash.digest('hex') };
}
