import { describe, expect, test } from 'vitest';
import { float32, numbers, runModel } from '../../onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder, type ModelProto } from '../../onnx/index.js';
import { CASES } from '../derivatives/cases/index.js';
import { DERIVATIVES } from '../derivatives/index.js';
import { differentiate, reverseWalk } from '../index.js';
import { DECOMPOSITIONS } from './index.js';

const WEIGHTS = { W: float32([1, 4, 1], [0.3, -0.2, 0.5, 0.9]), R: float32([1, 4, 1], [-0.4, 0.6, 0.2, 0.7]) };
const x = float32([3, 1, 1], [0.5, -1, 2]);

/** y = exp(LSTM(x)), its hidden states called "states". */
function network(): GraphBuilder {
  const graph = new GraphBuilder('network');
  const inputs = [
    graph.input('x', 'float32', [3, 1, 1]),
    graph.initializer('W', WEIGHTS.W),
    graph.initializer('R', WEIGHTS.R),
  ];
  const states = graph.op('LSTM', inputs, { hidden_size: 1 }, { name: 'states' });
  graph.output(graph.op('Exp', [states], {}, { name: 'y' }));
  return graph;
}

const typesOf = (model: ModelProto) => model.graph!.node.map(({ opType }) => opType);

describe('a decomposition', () => {
  test('of every operator in the table has a case', () => {
    const covered = new Set(CASES.map(({ operator }) => operator));
    const rows = Object.values(DECOMPOSITIONS).flatMap((table) => Object.keys(table));
    expect(rows.filter((operator) => !covered.has(operator))).toEqual([]);
  });

  test('is only there for operators without a derivative of their own', () => {
    expect(Object.keys(DECOMPOSITIONS['']!).filter((operator) => Object.hasOwn(DERIVATIVES, operator))).toEqual([]);
  });

  test('takes the place of the node where a gradient passes, so that nothing is computed twice', async () => {
    const model = differentiate(network().toModel(), { output: 'y', withRespectTo: ['W', 'states'] });
    expect(typesOf(model)).not.toContain('LSTM');
    const results = await runModel(model, { x, 'grad/y': float32([3, 1, 1, 1], [1, 1, 1]) });
    const expected = await runModel(network().toModel(), { x });
    for (const [index, value] of numbers(expected['y']).entries()) {
      expect(numbers(results['y'])[index]).toBeCloseTo(value, 6);
      expect(numbers(results['grad/states'])[index]).toBeCloseTo(value, 6);
    }
  });

  test('leaves a node alone that no gradient passes', () => {
    const graph = network();
    graph.output(new Arithmetic(graph).mul(graph.outputs[0]!, graph.input('scale', 'float32', [])), 'scaled');
    const model = differentiate(graph.toModel(), { output: 'scaled', withRespectTo: ['scale'] });
    expect(typesOf(model)).toContain('LSTM');
  });

  test('leaves a node alone at which gradients end', async () => {
    const graph = new GraphBuilder('stopped');
    const inputs = [
      graph.input('x', 'float32', [3, 1, 1]),
      graph.initializer('W', WEIGHTS.W),
      graph.initializer('R', WEIGHTS.R),
    ];
    const states = graph.op('LSTM', inputs, { hidden_size: 1 }, { name: 'states', stopGradient: true });
    graph.output(graph.op('Exp', [states], {}, { name: 'y' }));
    const model = differentiate(graph.toModel(), { output: 'y', withRespectTo: ['W'] });
    expect(typesOf(model)).toContain('LSTM');
    const results = await runModel(model, { x, 'grad/y': float32([3, 1, 1, 1], [1, 1, 1]) });
    expect(numbers(results['grad/W'])).toEqual([0, 0, 0, 0]);
  });

  test('is computed anew where the node stands in the graph already', async () => {
    const graph = network();
    const [y] = graph.outputs;
    const seed = graph.input('seed', 'float32', [3, 1, 1, 1]);
    const [gradient] = reverseWalk(graph, y!, seed, [graph.storedValues[0]!]);
    graph.output(gradient!, 'gradient');
    expect(typesOf(graph.toModel())).toContain('LSTM');
    const ones = float32([3, 1, 1, 1], [1, 1, 1]);
    const results = await runModel(graph.toModel(), { x, seed: ones });
    const model = differentiate(network().toModel(), { output: 'y', withRespectTo: ['W'] });
    expect(results['gradient']).toEqual((await runModel(model, { x, 'grad/y': ones }))['grad/W']);
  });
});
