import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { float32, numbers } from './fixtures/run-model.js';
import {
  GraphBuilder,
  loadModel,
  type ModelProto,
  OnnxError,
  saveModel,
  type TensorProto,
  writeModel,
} from './index.js';

const root = mkdtempSync(join(tmpdir(), 'ganglion-onnx-'));
afterAll(() => rmSync(root, { recursive: true }));

let folder = root;
beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'));
});

/** y = x * large + small, the stored tensors of 8 kB and 4 bytes. */
function network(): ModelProto {
  const graph = new GraphBuilder('stored');
  const x = graph.input('x', 'float32', ['N', 2000]);
  const large = graph.initializer(
    'large',
    float32(
      [2000],
      Array.from({ length: 2000 }, (_, index) => index),
    ),
  );
  const small = graph.initializer('small', float32([1], [7]));
  graph.output(graph.op('Add', [graph.op('Mul', [x, large]), small]), 'y');
  return graph.toModel();
}

/** A model whose one stored tensor of two floats says that its values are elsewhere. */
function pointing(entries: Record<string, string>, more: Partial<TensorProto> = {}): ModelProto {
  const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
  const tensor: TensorProto = { name: 'w', dims: [2], dataType: 1, dataLocation: 1, externalData, ...more };
  const model = network();
  return { ...model, graph: { ...model.graph!, initializer: [tensor] } };
}

async function load(model: ModelProto): Promise<ModelProto> {
  const path = join(folder, 'model.onnx');
  writeFileSync(path, writeModel(model));
  return loadModel(path);
}

describe('a saved model', () => {
  test('is the file that writeModel gives', async () => {
    const path = join(folder, 'plain.onnx');
    await saveModel(network(), path);
    expect(readFileSync(path)).toEqual(Buffer.from(writeModel(network())));
    expect(await loadModel(path)).toEqual(network());
    expect(readdirSync(folder)).toEqual(['plain.onnx']);
  });

  test('keeps large tensors beside it where asked, and comes back whole', async () => {
    const path = join(folder, 'net.onnx');
    await saveModel(network(), path, { externalData: true });
    expect(readdirSync(folder).sort()).toEqual(['net.onnx', 'net.onnx.data']);
    expect(statSync(path).size).toBeLessThan(1000);
    expect(statSync(join(folder, 'net.onnx.data')).size).toBe(8000);
    expect(await loadModel(path)).toEqual(network());
  });

  test('with external data runs in onnxruntime', async () => {
    const path = join(folder, 'net.onnx');
    await saveModel(network(), path, { externalData: { location: 'weights.bin', threshold: 1 } });
    const session = await ort.InferenceSession.create(path);
    const results = await session.run({ x: new ort.Tensor('float32', new Float32Array(2000).fill(2), [1, 2000]) });
    await session.release();
    const y = results['y']!.data as Float32Array;
    expect([y[0], y[1], y[1999]]).toEqual([7, 9, 4005]);
  });

  test('takes the place of an earlier one, and of its data', async () => {
    const path = join(folder, 'net.onnx');
    await saveModel(network(), path, { externalData: true });
    const changed = network();
    const [large, ...rest] = changed.graph!.initializer;
    const initializer = [{ ...large!, rawData: new Uint8Array(8000).fill(1) }, ...rest];
    const model = { ...changed, graph: { ...changed.graph!, initializer } };
    await saveModel(model, path, { externalData: true });
    expect(await loadModel(path)).toEqual(model);
    expect(readdirSync(folder)).toHaveLength(2);
  });

  test('of more than 2 GiB needs external data, and says so', async () => {
    // The same bytes over and over: what counts is what the file would need.
    const bytes = new Uint8Array(2 ** 28);
    const initializer = Array.from({ length: 8 }, (_, index) => ({
      name: `w${index}`,
      dims: [2 ** 26],
      dataType: 1,
      rawData: bytes,
    }));
    const model = { ...network(), graph: { ...network().graph!, initializer } };
    const path = join(folder, 'large.onnx');
    await expect(saveModel(model, path)).rejects.toThrow(/exceeds 2 GiB.*externalData: true/);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is refused while its values stand in a file that was not read', async () => {
    await expect(saveModel(pointing({ location: 'w.bin' }), join(folder, 'm.onnx'))).rejects.toThrow(
      /"w" has its values in another file.*loadModel/,
    );
  });
});

describe('external data', () => {
  test('is found by offset and length, for tensors of any type', async () => {
    writeFileSync(
      join(folder, 'w.bin'),
      Uint8Array.from({ length: 32 }, (_, index) => index),
    );
    const model = await load(pointing({ location: 'w.bin', offset: '16', length: '3' }, { dims: [5], dataType: 22 }));
    expect(model.graph!.initializer).toEqual([
      { name: 'w', dims: [5], dataType: 22, rawData: Uint8Array.of(16, 17, 18) },
    ]);
  });

  test('may lie in a folder below, and behind a link that stays inside', async () => {
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'data', 'w.bin'), new Uint8Array(8));
    symlinkSync(join(folder, 'data'), join(folder, 'alias'));
    expect(
      numbers({ data: (await load(pointing({ location: 'alias/w.bin' }))).graph!.initializer[0]!.rawData! } as never),
    ).toHaveLength(8);
  });

  test('in an attribute of a nested graph is taken in as well', async () => {
    writeFileSync(join(folder, 'w.bin'), new Uint8Array(8).fill(5));
    const t = pointing({ location: 'w.bin' }).graph!.initializer[0]!;
    const inner = { node: [], initializer: [t], input: [], output: [] };
    const node = {
      opType: 'If',
      input: [],
      output: [],
      attribute: [
        { name: 'then_branch', g: inner },
        { name: 't', t },
      ],
    };
    const model = network();
    const read = await load({ ...model, graph: { ...model.graph!, node: [node] } });
    const [branch, own] = read.graph!.node[0]!.attribute;
    expect(branch!.g!.initializer[0]!.rawData).toEqual(new Uint8Array(8).fill(5));
    expect(own!.t!.rawData).toEqual(new Uint8Array(8).fill(5));
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ['no file', {}, /"": only a file in the model's own folder/],
    ['an absolute path', { location: '/etc/passwd' }, /only a file in the model's own folder/],
    ['a path of another system', { location: 'C:\\windows\\w.bin' }, /only a file in/],
    ['a network path', { location: '\\\\host\\share\\w.bin' }, /only a file in/],
    ['the folder above', { location: '../w.bin' }, /only a file in/],
    ['a way out in the middle', { location: 'data/../../w.bin' }, /only a file in/],
    ['a way out written for Windows', { location: 'data\\..\\..\\w.bin' }, /only a file in/],
    ['a name with a zero byte', { location: 'w.bin\0.txt' }, /only a file in/],
    ['the folder itself', { location: '.' }, /only a file in/],
    ['a missing file', { location: 'none.bin' }, /"none.bin", which is not in .*ENOENT.*put the file there/],
    ['a folder', { location: 'data' }, /not a regular file/],
    ['a named pipe', { location: 'pipe' }, /not a regular file/],
    ['a link to a file outside', { location: 'link.bin' }, /a link out of the model's folder.*put a copy/],
    ['a linked folder outside', { location: 'linked/w.bin' }, /a link out of the model's folder/],
    ['a link to a device', { location: 'zero' }, /a link out of the model's folder/],
    ['an offset beyond the end', { location: 'w.bin', offset: '4' }, /bytes 4 to 12 of "w.bin".*has 8 bytes/],
    ['a negative offset', { location: 'w.bin', offset: '-8' }, /offset of its external data is "-8"/],
    ['an offset beyond all numbers', { location: 'w.bin', offset: '9'.repeat(30) }, /must be a whole number/],
    ['an offset that is no number', { location: 'w.bin', offset: '0x10' }, /must be a whole number/],
    ['a length that overflows', { location: 'w.bin', length: '18446744073709551615' }, /must be a whole number/],
    ['another length than the tensor’s', { location: 'w.bin', length: '4' }, /needs 8 bytes.*4 bytes/],
    ['another checksum', { location: 'w.bin', checksum: '00' }, /SHA-1.*were not written together/],
  ])('is refused for %s', async (_, entries, message) => {
    const outside = mkdtempSync(join(root, 'outside-'));
    for (const place of [folder, outside]) writeFileSync(join(place, 'w.bin'), new Uint8Array(8));
    mkdirSync(join(folder, 'data'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    symlinkSync(join(outside, 'w.bin'), join(folder, 'link.bin'));
    symlinkSync(outside, join(folder, 'linked'));
    symlinkSync('/dev/zero', join(folder, 'zero'));
    const error = await load(pointing(entries)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OnnxError);
    expect((error as OnnxError).message).toMatch(message);
  });

  test('is refused where a tensor promises more than any file has, before memory is taken', async () => {
    writeFileSync(join(folder, 'w.bin'), new Uint8Array(8));
    const huge = pointing({ location: 'w.bin' }, { dims: [2 ** 50] });
    await expect(load(huge)).rejects.toThrow(/bytes/);
    await expect(load(pointing({ location: 'w.bin' }, { dims: [2 ** 30, 2 ** 30] }))).rejects.toThrow(/2\^53/);
    await expect(load(pointing({ location: 'w.bin' }, { dims: [-2] }))).rejects.toThrow(/negative extent/);
  });

  test('is refused where tensors overlap, as no writer makes them', async () => {
    const file = join(folder, 'w.bin');
    writeFileSync(file, '');
    truncateSync(file, 12);
    const at = (offset: string) => pointing({ location: 'w.bin', offset }).graph!.initializer[0]!;
    const model = network();
    const two = (...initializer: TensorProto[]) => ({ ...model, graph: { ...model.graph!, initializer } });
    await expect(load(two(at('0'), at('4')))).rejects.toThrow(/share a part of their bytes/);
    const tied = (await load(two(at('4'), at('4')))).graph!.initializer;
    expect(tied[0]!.rawData).toBe(tied[1]!.rawData);
  });
});

describe('a model is read from', () => {
  test('a regular file only', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe.onnx')]);
    await expect(loadModel(join(folder, 'pipe.onnx'))).rejects.toThrow(/not a regular file/);
    await expect(loadModel(folder)).rejects.toThrow(/not a regular file/);
  });

  test('a file below 2 GiB, whose size is seen before it is read', async () => {
    const path = join(folder, 'sparse.onnx');
    writeFileSync(path, '');
    truncateSync(path, 2 ** 31);
    await expect(loadModel(path)).rejects.toThrow(/at most 2 GiB; write the model with external data/);
  });
});
