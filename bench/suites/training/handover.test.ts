import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tensor } from '../../../runtime/tensor.js';
import { withTemporaryFolder } from '../../harness/temporary-folder.js';
import { type Manifest, type StoredTensor, writeHandover } from './handover.js';

it('leaves weights and batches where their offsets say', async () => {
  await withTemporaryFolder(async (folder) => {
    const weights = { 'fc.weight': tensor('float32', [2, 1], Float32Array.of(1, 2)) };
    const batch = (value: number) => ({
      x: tensor('float32', [1, 1], Float32Array.of(value)),
      labels: tensor('int64', [1], BigInt64Array.of(BigInt(value))),
    });
    await writeHandover(folder, { type: 'mlp' }, weights, [batch(3), batch(5)]);
    const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest;
    const values = new Uint8Array(await readFile(join(folder, 'values.bin'))).buffer;
    const read = ({ dtype, offset, shape }: StoredTensor) => {
      const size = shape.reduce((product, extent) => product * extent, 1);
      const width = dtype === 'int64' ? 8 : 4;
      const own = values.slice(offset, offset + width * size);
      return Array.from(dtype === 'int64' ? new BigInt64Array(own) : new Float32Array(own), Number);
    };
    expect(manifest.network).toEqual({ type: 'mlp' });
    expect(manifest.weights.map(({ name }) => name)).toEqual(['fc.weight']);
    expect(read(manifest.weights[0]!)).toEqual([1, 2]);
    expect(manifest.batches.map((stored) => stored.map(({ name }) => name))).toEqual([
      ['x', 'labels'],
      ['x', 'labels'],
    ]);
    expect(manifest.batches.map((stored) => stored.flatMap(read))).toEqual([
      [3, 3],
      [5, 5],
    ]);
  });
});

it('refuses values that the peer cannot read', async () => {
  await withTemporaryFolder(async (folder) => {
    const mask = tensor('bool', [1], Uint8Array.of(1));
    await expect(writeHandover(folder, {}, { mask }, [])).rejects.toThrow('"mask" is bool');
  });
});
