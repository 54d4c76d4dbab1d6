import { describe, expect, it } from 'vitest';
import { float32 } from '../../onnx/fixtures/run-model.js';
import { fromTensorProto, type ModelProto, readModel, writeModel } from '../../onnx/index.js';
import { fileOf } from './fixtures/files.js';
import { withNewWeights } from './new-weights.js';

const bias = (model: ModelProto) =>
  fromTensorProto(model.graph!.initializer.find(({ name }) => name === 'classifier.bias')!).data;

describe('a file with new weights', () => {
  it('has them where the old ones were', () => {
    const file = fileOf('perceptron');
    const tuned = withNewWeights(file, { 'classifier.bias': float32([2], [3, 4]) });
    expect([...bias(readModel(writeModel(tuned)))]).toEqual([3, 4]);
    expect([...bias(file)]).not.toEqual([3, 4]);
    expect(tuned.graph!.node).toBe(file.graph!.node);
  });

  it('keeps the list of numbers where the file has no raw bytes', () => {
    const file = fileOf('perceptron');
    const listed = {
      ...file,
      graph: {
        ...file.graph!,
        initializer: file.graph!.initializer.map(({ rawData: _, ...tensor }) => ({
          ...tensor,
          floatData: new Float32Array(tensor.dims.reduce((product, extent) => product * extent, 1)),
        })),
      },
    } as ModelProto;
    const tuned = readModel(writeModel(withNewWeights(listed, { 'classifier.bias': float32([2], [3, 4]) })));
    expect([...bias(tuned)]).toEqual([3, 4]);
    expect(tuned.graph!.initializer.every(({ rawData }) => rawData === undefined)).toBe(true);
  });

  it.each([
    ['another shape', { 'classifier.bias': float32([3], [1, 2, 3]) }, /stored as \[2\].*float32\[3\] does not fit/],
    ['no such tensor', { 'fc.bias': float32([2], [1, 2]) }, /stores no tensor "fc.bias"/],
  ])('is refused for %s', (_, values, message) => {
    expect(() => withNewWeights(fileOf('perceptron'), values)).toThrow(message);
  });
});
