import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DType, type Tensor, tensor } from '../../runtime/tensor.js';
import { DATA_TYPES } from './data-types.js';
import { fromTensorProto, OnnxError, type TensorProto, tensorBytes, toTensorProto } from './index.js';

describe('a tensor', () => {
  test.each(Object.keys(DATA_TYPES) as DType[])('of %s comes back as it was', (dtype) => {
    const { code, width } = DATA_TYPES[dtype];
    const array = DATA_TYPES[dtype].array as unknown as new (buffer: ArrayBuffer) => Uint8Array;
    const data = new array(new ArrayBuffer(6 * width));
    new Uint8Array(data.buffer).set(Array.from({ length: data.byteLength }, (_, index) => index % 2));
    const original: Tensor = { dtype, shape: [2, 3], data };
    const proto = toTensorProto(original, 'name');
    expect(proto).toMatchObject({ name: 'name', dims: [2, 3], dataType: code });
    expect(fromTensorProto(proto)).toEqual(original);
  });

  test('that is a part of a larger buffer takes its own elements only', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true })), fc.nat(4), (values, before) => {
        const whole = Float32Array.from([...new Array<number>(before).fill(9), ...values, 9]);
        const part = tensor('float32', [values.length], whole.subarray(before, before + values.length));
        expect(Array.from(fromTensorProto(toTensorProto(part)).data, Number)).toEqual(values);
      }),
    );
  });

  test('comes in memory of its own', () => {
    const proto = toTensorProto(tensor('float32', [2], Float32Array.of(1, 2)));
    (fromTensorProto(proto).data as Float32Array)[0] = 5;
    expect(fromTensorProto(proto).data[0]).toBe(1);
  });

  test.each<[string, TensorProto, Tensor]>([
    ['floats', { dims: [2], dataType: 1, floatData: [1, -2] }, tensor('float32', [2], Float32Array.of(1, -2))],
    ['doubles', { dims: [], dataType: 11, doubleData: [0.1] }, tensor('float64', [], Float64Array.of(0.1))],
    ['int64', { dims: [1], dataType: 7, int64Data: [-3n] }, tensor('int64', [1], BigInt64Array.of(-3n))],
    ['bool among int32', { dims: [2], dataType: 9, int32Data: [1, 0] }, tensor('bool', [2], Uint8Array.of(1, 0))],
    [
      'float16 bits among int32',
      { dims: [1], dataType: 10, int32Data: [0x3c00] },
      tensor('float16', [1], Uint16Array.of(0x3c00)),
    ],
    ['nothing, with an extent of 0', { dims: [0, 7], dataType: 1 }, tensor('float32', [0, 7], new Float32Array())],
  ])('is read from a list of %s', (_, proto, expected) => {
    expect(fromTensorProto(proto)).toEqual(expected);
  });

  test.each<[string, TensorProto, RegExp]>([
    ['of texts', { name: 't', dims: [1], dataType: 8 }, /tensor "t" has element type string/],
    ['without a type', { dims: [1] }, /element type undefined/],
    [
      'in another file',
      { dims: [1], dataType: 1, dataLocation: 1, externalData: [{ key: 'location', value: 'w.bin' }] },
      /another file \(w.bin\)/,
    ],
    [
      'with too few bytes',
      { dims: [2], dataType: 1, rawData: new Uint8Array(7) },
      /needs 8 bytes of data, the file has 7/,
    ],
    ['with too few values', { dims: [2], dataType: 1, floatData: [1] }, /needs 2 values, the file has 1/],
    [
      'of a size that nothing holds',
      { dims: [2 ** 40, 2 ** 12], dataType: 1, rawData: new Uint8Array(8) },
      /needs .* bytes of data/,
    ],
    ['with a negative extent', { dims: [-1], dataType: 1 }, /negative extent/],
  ])('%s is refused', (_, proto, message) => {
    expect(() => fromTensorProto(proto)).toThrow(OnnxError);
    expect(() => fromTensorProto(proto)).toThrow(message);
  });
});

describe('the bytes of a tensor', () => {
  test.each<[string, Partial<TensorProto>, number[]]>([
    ['raw, whatever the type', { dataType: 16, rawData: Uint8Array.of(1, 2, 3, 4) }, [1, 2, 3, 4]],
    ['bfloat16 among int32', { dataType: 16, int32Data: [0x3f80, 0xbf80] }, [0x80, 0x3f, 0x80, 0xbf]],
    ['float8 among int32', { dataType: 17, int32Data: [0x38, 0xb8] }, [0x38, 0xb8]],
    ['4-bit numbers in pairs', { dims: [3], dataType: 22, int32Data: [0x21, 0x03] }, [0x21, 0x03]],
    ['uint16 among int32', { dataType: 4, int32Data: [1, 65535] }, [1, 0, 255, 255]],
    ['int16 among int32', { dataType: 5, int32Data: [1, -2] }, [1, 0, 254, 255]],
    ['uint32 among uint64', { dataType: 12, uint64Data: [1n, 2n ** 32n - 1n] }, [1, 0, 0, 0, 255, 255, 255, 255]],
    ['uint64', { dims: [1], dataType: 13, uint64Data: [2n ** 64n - 1n] }, new Array<number>(8).fill(255)],
    [
      'complex64, real and imaginary part',
      { dims: [1], dataType: 14, floatData: [1, -1] },
      [0, 0, 128, 63, 0, 0, 128, 191],
    ],
    ['complex128', { dims: [1], dataType: 15, doubleData: [0, 2] }, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 64]],
    ['none, where an extent is 0', { dims: [0, 2 ** 52, 2 ** 52], dataType: 1 }, []],
  ])('%s', (_, proto, expected) => {
    expect([...tensorBytes({ dims: [2], ...proto })]).toEqual(expected);
  });

  test.each<[string, TensorProto, RegExp]>([
    ['texts', { name: 't', dims: [1], dataType: 8, stringData: [new Uint8Array()] }, /"t" holds texts/],
    ['a type that ONNX does not have', { dims: [1], dataType: 99 }, /element type number 99/],
    ['half a pair too few', { dims: [3], dataType: 21, rawData: new Uint8Array(1) }, /needs 2 bytes of data/],
    ['half a complex number', { dims: [1], dataType: 14, floatData: [1] }, /needs 2 values, the file has 1/],
  ])('of %s are refused', (_, proto, message) => {
    expect(() => tensorBytes(proto)).toThrow(message);
  });
});
