/** What the peer is given: the description of the network, its first weights and the batches, in a folder. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NamedTensors } from '../../../learn/index.js';
import type { Tensor } from '../../../runtime/tensor.js';

/** `manifest.json`. The values of all tensors stand one after another in `values.bin`, little endian, row-major. */
export interface Manifest {
  readonly network: object;
  readonly weights: readonly StoredTensor[];
  /** Each with the network's inputs and `labels`. */
  readonly batches: readonly (readonly StoredTensor[])[];
}

export interface StoredTensor {
  readonly name: string;
  readonly dtype: 'float32' | 'int64';
  readonly shape: readonly number[];
  /** In bytes. */
  readonly offset: number;
}

export async function writeHandover(
  folder: string,
  network: object,
  weights: NamedTensors,
  batches: readonly NamedTensors[],
): Promise<void> {
  const values: Uint8Array[] = [];
  let offset = 0;
  const store = (tensors: NamedTensors): StoredTensor[] =>
    Object.entries(tensors).map(([name, { dtype, shape, data }]: [string, Tensor]) => {
      if (dtype !== 'float32' && dtype !== 'int64')
        throw new Error(`the peer reads float32 and int64, and "${name}" is ${dtype}`);
      values.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      const stored: StoredTensor = { name, dtype, shape, offset };
      offset += data.byteLength;
      return stored;
    });
  const manifest: Manifest = { network, weights: store(weights), batches: batches.map(store) };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'values.bin'), values);
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
}
