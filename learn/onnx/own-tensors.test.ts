import { describe, expect, test } from 'vitest';
import { trainingGraph, withParameters } from '../training-graph/index.js';
import { float32, numbers, runModel } from './fixtures/run-model.js';
import type { GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from './messages.js';
import { withOwnTensors } from './own-tensors.js';
import { toTensorProto } from './tensor-proto.js';

const node = (opType: string, input: string[], output: string): NodeProto => {
  return { opType, name: output, input, output: [output], attribute: [] };
};
const info = (name: string, dims: readonly (number | string)[]): ValueInfoProto => ({
  name,
  type: {
    tensorType: {
      elemType: 1,
      shape: { dim: dims.map((dim) => (typeof dim === 'number' ? { dimValue: dim } : { dimParam: dim })) },
    },
  },
});
const filled = (name: string, value: number): TensorProto => toTensorProto(float32([2], [value, value]), name);
const matrix = toTensorProto(float32([2, 2], [1, 2, 3, 4]), 'matrix');

function model(initializer: TensorProto[], nodes: NodeProto[], producerName = 'pytorch'): ModelProto {
  const graph: GraphProto = {
    name: 'net',
    input: [info('x', ['N', 2])],
    output: [info('y', ['N', 2])],
    initializer,
    node: nodes,
  };
  return { irVersion: 8, producerName, opsetImport: [{ domain: '', version: 17 }], graph };
}

/** As PyTorch writes a network in evaluation mode whose scales and variances are 1, and whose biases and means are 0. */
const exported = (producer?: string) =>
  model(
    [filled('a.weight', 1), filled('a.bias', 0), matrix],
    [
      node('Identity', ['a.weight'], 'b.weight'),
      node('Identity', ['a.bias'], 'b.bias'),
      node('Identity', ['a.bias'], 'a.running_mean'),
      node('Identity', ['a.weight'], 'a.running_var'),
      node('Identity', ['a.bias'], 'b.running_mean'),
      node('Identity', ['a.weight'], 'b.running_var'),
      node('BatchNormalization', ['x', 'a.weight', 'a.bias', 'a.running_mean', 'a.running_var'], 'a'),
      node('MatMul', ['a', 'matrix'], 'h'),
      node('BatchNormalization', ['h', 'b.weight', 'b.bias', 'b.running_mean', 'b.running_var'], 'y'),
    ],
    producer,
  );

/** As other tools merge them: the same names are read in every place. */
const merged = () =>
  model(
    [filled('ones', 1), filled('zeros', 0), matrix],
    [
      node('BatchNormalization', ['x', 'ones', 'zeros', 'zeros', 'ones'], 'a'),
      node('MatMul', ['a', 'matrix'], 'h'),
      node('BatchNormalization', ['h', 'ones', 'zeros', 'zeros', 'ones'], 'n'),
      node('Add', ['n', 'zeros'], 'y'),
    ],
  );

const namesOf = ({ graph }: ModelProto) => graph!.initializer.map(({ name }) => name);
const x = float32([3, 2], [1, -2, 0.5, 3, -1, 4]);

describe('tensors that an exporter merged', () => {
  test.each([
    ['written as Identity', exported],
    ['read under one name', merged],
  ])('%s are stored each by itself, and the network computes the same', async (_, build) => {
    const own = withOwnTensors(build());
    const read = own.graph!.node.flatMap(({ input }) => input).filter((name) => namesOf(own).includes(name));
    expect(new Set(read).size).toBe(read.length);
    expect(new Set(namesOf(own)).size).toBe(namesOf(own).length);
    expect(numbers((await runModel(own, { x }))['y'])).toEqual(numbers((await runModel(build(), { x }))['y']));
  });

  test('train as parameters and running statistics of their own layers', () => {
    const { state } = trainingGraph({ model: exported(), loss: { type: 'cross_entropy' }, optimizer: { type: 'sgd' } });
    expect(Object.fromEntries(state.map(({ name, role }) => [name, role]))).toEqual({
      'a.weight': 'parameter',
      'a.bias': 'parameter',
      matrix: 'parameter',
      'b.weight': 'parameter',
      'b.bias': 'parameter',
      'a.running_mean': 'statistic',
      'a.running_var': 'statistic',
      'b.running_mean': 'statistic',
      'b.running_var': 'statistic',
    });
  });

  test('are put back by their own names into the model that merged them', async () => {
    const trained = withParameters(exported(), { 'b.weight': float32([2], [5, 6]), 'a.bias': float32([2], [7, 8]) });
    expect(numbers((await runModel(trained, { x }))['y'])).not.toEqual(
      numbers((await runModel(exported(), { x }))['y']),
    );
  });

  test('of other producers are taken apart where one is a running statistic', () => {
    expect(namesOf(withOwnTensors(exported('another')))).toEqual([
      'a.weight',
      'a.bias',
      'matrix',
      'a.running_mean',
      'a.running_var',
      'b.running_mean',
      'b.running_var',
    ]);
  });
});

describe('tensors that belong together', () => {
  const layer = (from: string, to: string) =>
    node('BatchNormalization', [from, 'weight', 'bias', 'mean', 'variance'], to);

  test.each([
    [
      'a layer that is used twice',
      model(
        [filled('weight', 1), filled('bias', 0), filled('mean', 0), filled('variance', 1), matrix],
        [layer('x', 'a'), node('MatMul', ['a', 'matrix'], 'h'), layer('h', 'y')],
      ),
    ],
    [
      'a matrix that is used twice',
      model([matrix], [node('MatMul', ['x', 'matrix'], 'h'), node('MatMul', ['h', 'matrix'], 'y')]),
    ],
    [
      'a tensor behind an Identity of another producer',
      model([matrix], [node('Identity', ['matrix'], 'read'), node('MatMul', ['x', 'read'], 'y')], 'another'),
    ],
  ])('stay together: %s', (_, given) => {
    expect(withOwnTensors(given)).toBe(given);
  });
});
