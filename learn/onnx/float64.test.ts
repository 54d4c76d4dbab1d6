import { expect, test } from 'vitest';
import { graphOf, info, inner, int, modelOf, node } from './fixtures/protos.js';
import { bool, float32, float64, numbers, runModel } from './fixtures/run-model.js';
import { Arithmetic, GraphBuilder, importModel, toTensorProto, withFloat64 } from './index.js';

test('computes with the digits of float64, whatever made the numbers', async () => {
  const graph = new GraphBuilder('wide');
  const math = new Arithmetic(graph);
  const x = graph.input('x', 'float32', ['N']);
  const scaled = math.mul(x, graph.initializer('scale', float32([1], [0.5])));
  const filled = graph.op('ConstantOfShape', [graph.op('Shape', [x])]);
  const cast = math.cast(math.cast(scaled, 'int64'), 'float32');
  const constant = graph.op('Constant', [], { value_float: 3 });
  graph.output(math.add(math.add(math.div(scaled, constant), filled), cast), 'y');
  const wide = withFloat64(graph.toModel());
  const { y } = await runModel(wide, { x: float64([2], [1, 5]) });
  expect(y!.dtype).toBe('float64');
  expect(numbers(y)).toEqual([0.5 / 3, 2.5 / 3 + 2]);
});

test('changes graphs inside nodes, and what a file declares', async () => {
  const branch = (type: string) => graphOf([node(type, ['x'], ['r'])], [], [info('r', ['N'])]);
  const nodes = [node('If', ['p'], ['y'], [inner('then_branch', branch('Exp')), inner('else_branch', branch('Neg'))])];
  const model = modelOf(21, nodes, { input: [info('x', ['N']), info('p', [], 9)], output: [info('y', ['N'])] });
  const { y } = await runModel(withFloat64(model), { x: float64([1], [1]), p: bool([], [true]) });
  expect(y).toEqual(float64([1], [Math.E]));
});

test('leaves what an operator wants in float32', () => {
  const model = modelOf(21, [node('Resize', ['x', '', 'scales'], ['y'])], {
    input: [info('x', [1, 1, 1, 2])],
    initializer: [toTensorProto(float32([4], [1, 1, 1, 2]), 'scales')],
    output: [info('y', [1, 1, 1, 4])],
  });
  const { initializer, output } = withFloat64(model).graph!;
  expect(initializer).toEqual(model.graph!.initializer);
  expect(output[0]!.type!.tensorType!.elemType).toBe(11);
});

test('leaves other types, and the model that it is given', () => {
  const model = modelOf(21, [node('Cast', ['x'], ['y'], [int('to', 10)])], { output: [info('y', [], 10)] });
  const before = structuredClone(model);
  const graph = new GraphBuilder('wide');
  const { outputs } = importModel(graph, withFloat64(model));
  expect(graph.inputs[0]!.dtype).toBe('float64');
  expect(outputs[0]!.dtype).toBe('float16');
  expect(model).toEqual(before);
});
