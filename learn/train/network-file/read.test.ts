import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { saveModel } from '../../onnx/index.js';
import { bytesOf, fileOf, pathOf } from './fixtures/files.js';
import { readNetworkFile } from './read.js';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'ganglion-network-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test('a file is known by the SHA-256 that every tool gives it', async () => {
  const path = join(folder(), 'network.onnx');
  copyFileSync(pathOf('perceptron'), path);
  const { network, sha256 } = await readNetworkFile(path);
  expect(sha256).toBe(createHash('sha256').update(readFileSync(path)).digest('hex'));
  expect(Buffer.from(network).equals(Buffer.from(bytesOf('perceptron')))).toBe(true);
});

test('values in another file are taken in, and are part of what it is known by', async () => {
  const place = folder();
  const path = join(place, 'network.onnx');
  await saveModel(fileOf('perceptron'), path, { externalData: { location: 'weights.bin', threshold: 1 } });
  const first = await readNetworkFile(path);
  expect(first.network.length).toBeGreaterThan(4000);
  const data = readFileSync(join(place, 'weights.bin'));
  data[0]! ^= 1;
  writeFileSync(join(place, 'weights.bin'), data);
  await expect(readNetworkFile(path)).rejects.toThrow('SHA-1');
  // Without a checksum in the model nobody else would notice.
  const { graph, ...rest } = fileOf('perceptron');
  const changed = { ...rest, graph: { ...graph!, initializer: graph!.initializer.map((one) => ({ ...one })) } };
  changed.graph.initializer[0] = {
    ...changed.graph.initializer[0]!,
    rawData: changed.graph.initializer[0]!.rawData!.slice().fill(0),
  };
  await saveModel(changed, path, { externalData: { location: 'weights.bin', threshold: 1 } });
  expect((await readNetworkFile(path)).sha256).not.toBe(first.sha256);
});
