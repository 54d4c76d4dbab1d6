import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mlp } from '../models/index.js';
import { trainingGraph } from '../training-graph/index.js';
import { readMessage, writeMessage } from './codec.js';
import { FIELDS, type MessageName } from './fields.js';
import { anyMessage } from './fixtures/any-message.js';
import { float32, loadModel, numbers, runModel } from './fixtures/run-model.js';
import { MISSING, readTestModel, testModels } from './fixtures/test-models.js';
import { type ModelProto, OnnxError, readModel, type TensorProto, writeModel } from './index.js';

const network = mlp({ features: 3, hidden: [4], classes: 2, dropout: 0.2, seed: 1 });

/** A field with a number of its own, a wire type and a payload, by hand. */
function field(number: number, wire: number, payload: readonly number[]): number[] {
  const tag = number * 8 + wire;
  return [...(tag < 128 ? [tag] : [(tag % 128) | 128, tag >> 7]), ...payload];
}

/** Messages within one another, with these tags in turn: tag and length of each level, written from the innermost out. */
function nested(tags: readonly number[], levels: number): Uint8Array {
  const bytes = new Uint8Array(5 * levels);
  let start = bytes.length;
  for (let level = 0; level < levels; level++) {
    const length = bytes.length - start;
    const size = length < 2 ** 7 ? 1 : length < 2 ** 14 ? 2 : 3;
    start -= size;
    for (let index = 0; index < size; index++)
      bytes[start + index] = ((length >> (7 * index)) & 127) | (index < size - 1 ? 128 : 0);
    bytes[--start] = tags[level % tags.length]!;
  }
  return bytes.subarray(start);
}

/** A model's bytes with `inner` as its graph. */
function withGraph(inner: readonly number[]): Uint8Array {
  return Uint8Array.from(field(7, 2, [inner.length, ...inner]));
}

describe('reading what was written', () => {
  test('gives the model back', () => {
    expect(readModel(writeModel(network))).toEqual(network);
    const { model, bytes } = trainingGraph({
      model: network,
      loss: { type: 'cross_entropy' },
      optimizer: { type: 'adam' },
    });
    expect(readModel(bytes)).toEqual(model);
  });

  test('gives the bytes back that onnxruntime itself wrote', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'onnx-'));
    try {
      const path = join(folder, 'optimized.onnx');
      const { bytes } = trainingGraph({ model: network, loss: { type: 'cross_entropy' }, optimizer: { type: 'adam' } });
      const loaded = await loadModel(bytes, { optimizedModelFilePath: path, graphOptimizationLevel: 'extended' });
      await loaded.release();
      const written = readFileSync(path);
      expect(written.length).toBeGreaterThan(1000);
      expect(Buffer.from(writeModel(readModel(written))).equals(written)).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('keeps 64-bit values, empty texts, and numbers that are no numbers', () => {
    const attribute = {
      name: '',
      i: -(2n ** 63n),
      ints: [2n ** 63n - 1n, -1n, 0n, 2n ** 53n + 1n],
      f: Number.NEGATIVE_INFINITY,
      floats: [0, Number.NaN, 1.5],
      s: Uint8Array.of(0xff, 0),
      docString: '\uFEFFüñ',
    };
    expect(readMessage('AttributeProto', writeMessage('AttributeProto', attribute))).toEqual(attribute);
    const tensor: TensorProto = {
      dims: [3],
      int64Data: BigInt64Array.of(-5n, 0n, 2n ** 62n),
      uint64Data: BigUint64Array.of(2n ** 64n - 1n),
      int32Data: Int32Array.of(-1, 2 ** 31 - 1),
      doubleData: Float64Array.of(Math.PI),
    };
    expect(readMessage('TensorProto', writeMessage('TensorProto', tensor))).toEqual(tensor);
  });

  test.each(Object.keys(FIELDS) as MessageName[])('holds for any %s, in all its fields', (name) => {
    fc.assert(
      fc.property(anyMessage(name), (message) => {
        const bytes = writeMessage(name, message as never);
        const read = readMessage(name, bytes);
        expect(read).toEqual(message);
        expect(writeMessage(name, read)).toEqual(bytes);
      }),
      { numRuns: 20 },
    );
  });

  test.skipIf(MISSING)(`gives the bytes of all of ONNX's test models back${MISSING ? ` (${MISSING})` : ''}`, () => {
    const paths = testModels();
    expect(paths.length).toBeGreaterThan(500);
    const differ = paths.filter((path) => {
      const bytes = readTestModel(path);
      return !Buffer.from(writeModel(readModel(bytes))).equals(bytes);
    });
    expect(differ).toEqual([]);
  });

  test('keeps the bits of a NaN among the values of a tensor', () => {
    const payload = [1, 0, 0xa0, 0x7f, 0x34, 0x12, 0xc0, 0xff];
    const bytes = Uint8Array.from(field(4, 2, [8, ...payload]));
    expect(writeMessage('TensorProto', readMessage('TensorProto', bytes))).toEqual(bytes);
  });

  test('holds for any attribute', () => {
    const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    const attribute = fc.record(
      {
        name: fc.string({ unit: 'grapheme' }),
        i: int64,
        f: fc.float(),
        s: fc.uint8Array(),
        ints: fc.array(int64, { minLength: 1 }),
        floats: fc.array(fc.float(), { minLength: 1 }),
        type: fc.integer(),
        t: fc.record({ dims: fc.array(fc.maxSafeInteger()), rawData: fc.uint8Array() }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(attribute, (message) => {
        expect(readMessage('AttributeProto', writeMessage('AttributeProto', message))).toEqual(message);
      }),
    );
  });

  test('keeps fields that nobody knows, in every message', () => {
    const fields = [
      field(100, 0, [0x96, 1]),
      field(101, 2, [2, 7, 8]),
      field(102, 5, [1, 2, 3, 4]),
      field(103, 1, [1, 2, 3, 4, 5, 6, 7, 8]),
    ];
    const unknown = fields.map((bytes) => Uint8Array.from(bytes));
    const model: ModelProto = {
      opsetImport: [],
      graph: { node: [{ input: ['a'], output: [], attribute: [], unknown }], initializer: [], input: [], output: [] },
      unknown,
    };
    const bytes = writeModel(model);
    expect(readModel(bytes)).toEqual(model);
    expect(writeModel(readModel(bytes))).toEqual(bytes);
  });
});

describe('reading other writers', () => {
  test('takes lists of numbers packed or singly', () => {
    const packed = [...field(1, 2, [3, 2, 0x80, 1]), ...field(4, 2, [4, 0, 0, 0x80, 0x3f])];
    const single = [...field(1, 0, [2]), ...field(1, 0, [0x80, 1]), ...field(4, 5, [0, 0, 0x80, 0x3f])];
    const expected = { dims: [2, 128], floatData: Float32Array.of(1) };
    expect(readMessage('TensorProto', Uint8Array.from(packed))).toEqual(expected);
    expect(readMessage('TensorProto', Uint8Array.from(single))).toEqual(expected);
  });

  test('merges a message that comes in two pieces', () => {
    const [first, second] = [field(2, 2, [1, 0x61]), field(10, 2, [1, 0x62])];
    const bytes = Uint8Array.from([...withGraph(first), ...withGraph(second)]);
    expect(readModel(bytes).graph).toMatchObject({ name: 'a', docString: 'b' });
  });

  test('keeps a known field of a foreign wire type as unknown', () => {
    const bytes = Uint8Array.from(field(2, 0, [5]));
    expect(readMessage('GraphProto', bytes)).toMatchObject({ unknown: [bytes] });
  });

  test('reads a buffer that starts in the middle of another', async () => {
    const bytes = writeModel(network);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    const model = readModel(shifted.subarray(3));
    expect(numbers((await runModel(model, { x: float32([1, 3], [1, 2, 3]) }))['logits'])).toHaveLength(2);
  });
});

describe('damaged and hostile files', () => {
  const bytes = writeModel(network);

  function failure(damaged: Uint8Array): unknown {
    try {
      readModel(damaged);
    } catch (error) {
      return error;
    }
    return undefined;
  }

  test('cut short anywhere give an error with its place, or a model that lacks the rest', () => {
    let errors = 0;
    for (let length = 0; length < bytes.length; length++) {
      const error = failure(bytes.subarray(0, length));
      if (error === undefined) continue;
      errors++;
      expect(error).toBeInstanceOf(OnnxError);
      expect((error as OnnxError).offset).toBeLessThanOrEqual(length);
    }
    expect(errors).toBeGreaterThan(bytes.length * 0.9);
  });

  test('with any bytes changed give a model or an OnnxError', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 }),
        (changes) => {
          const damaged = bytes.slice();
          for (const [place, value] of changes) damaged[place] = value;
          const error = failure(damaged);
          expect(error === undefined || error instanceof OnnxError).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('of random bytes give an OnnxError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (random) => {
        const error = failure(random);
        expect(error === undefined || error instanceof OnnxError).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(), /hold no graph/],
    ['a text', new TextEncoder().encode('<!DOCTYPE html><html>'), /ONNX|damaged/],
    [
      'a length of terabytes',
      Uint8Array.from([0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
      /says it has 4398046511103 bytes, 0 are left/,
    ],
    ['a number without end', Uint8Array.from([0x08, ...new Array<number>(11).fill(0xff)]), /more than 10 bytes/],
    ['a field number 0', Uint8Array.from([0x00, 0x01]), /no valid number/],
    ['a group', withGraph([0x0b]), /wire type 3/],
    ['a text that is not UTF-8', withGraph(field(2, 2, [2, 0xc3, 0x28])), /not valid UTF-8/],
    [
      'an extent beyond 2^53',
      withGraph(field(5, 2, [10, ...field(1, 0, [255, 255, 255, 255, 255, 255, 255, 255, 127])])),
      /too large/,
    ],
  ])('name the fault: %s', (_, damaged, message) => {
    const error = failure(damaged) as OnnxError;
    expect(error).toBeInstanceOf(OnnxError);
    expect(error.message).toMatch(message);
    expect(error.message).toContain(`at byte ${error.offset}`);
  });

  test.each<[string, MessageName, number[]]>([
    ['a type that is a sequence of a sequence', 'TypeProto', [0x0a, 0x22]],
    ['a graph in an attribute of a node of a graph', 'GraphProto', [0x32, 0x2a, 0x0a]],
  ])('that nest without end exhaust no stack: %s', (_, name, tags) => {
    expect(() => readMessage(name, nested(tags, 39_996))).toThrow(/more than 100 messages within one another/);
  });

  test('that are made of millions of empty parts are refused before they exhaust the memory', () => {
    const empty = new Uint8Array(2_000_000);
    for (let index = 0; index < empty.length; index += 2) empty[index] = 0x0a;
    expect(() => readMessage('GraphProto', empty)).toThrow(/so many tiny parts.*more than 32 times their size/);
    expect(() =>
      readMessage(
        'AttributeProto',
        Uint8Array.from([...field(8, 2, [0xa0, 0xcb, 0x98, 1]), ...new Uint8Array(2_500_000)]),
      ),
    ).toThrow(/so many tiny parts/);
  });

  test('whose numbers are packed as tightly as can be take eight times their size, no more', () => {
    const block = [...field(7, 2, [0xc0, 0x84, 0x3d]), ...new Array<number>(1_000_000).fill(0)];
    const { int64Data } = readMessage('TensorProto', Uint8Array.from(block));
    expect(int64Data).toBeInstanceOf(BigInt64Array);
    expect((int64Data as BigInt64Array).buffer.byteLength).toBe(8_000_000);
  });

  test('with a block of numbers that ends within one name the fault', () => {
    expect(() => readMessage('TensorProto', Uint8Array.from(field(4, 2, [6, 0, 0, 0, 0, 0, 0])))).toThrow(
      /a float needs 4 bytes, 2 are left/,
    );
    expect(() => readMessage('TensorProto', Uint8Array.from(field(7, 2, [2, 1, 0x80])))).toThrow(/does not end/);
  });

  test.skipIf(MISSING)(
    `cut or changed out of real ones give a model or an OnnxError${MISSING ? ` (${MISSING})` : ''}`,
    () => {
      const paths = testModels().filter((_, index) => index % 10 === 0);
      for (const path of paths) {
        const original = readTestModel(path);
        for (const length of [0, 1, original.length >> 1, original.length - 1])
          readOrRefuse(original.subarray(0, length));
      }
      fc.assert(
        fc.property(
          fc.constantFrom(...paths),
          fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
          (path, changes) => {
            const damaged = Uint8Array.from(readTestModel(path));
            for (const [place, value] of changes) damaged[place % damaged.length] = value;
            readOrRefuse(damaged);
          },
        ),
        { numRuns: 300 },
      );
    },
  );

  function readOrRefuse(damaged: Uint8Array): void {
    const error = failure(damaged);
    expect(error === undefined || error instanceof OnnxError).toBe(true);
  }
});
