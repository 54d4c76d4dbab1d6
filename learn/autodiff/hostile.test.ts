/** Whatever is wrong with a node, it is differentiated, or refused by an OnnxError that names it: no other error, no endless work. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LOWERINGS, type Lowerings } from '../lowerings/index.js';
import { GraphBuilder, importModel, isFloat, type ModelProto, OnnxError, type Value } from '../onnx/index.js';
import { decomposeBehind } from './decompositions/index.js';
import { CASES } from './derivatives/cases/index.js';
import { damaged, modelOf } from './fixtures/damaged-models.js';
import { reverseWalk } from './reverse-walk.js';

/** Far above what any case needs, far below what would take long. */
const MOST_NODES = 8000;

/** Differentiates every output with respect to every input. Gives the number of nodes that makes. */
function differentiated(model: ModelProto, lowerings: Lowerings): number {
  const graph = new GraphBuilder('damaged');
  const names = model.graph!.input.map(({ name = '' }) => name);
  const { values, outputs } = importModel(graph, model, { lower: decomposeBehind(graph, names) });
  const targets = names.map((name) => values.get(name)!).filter(({ dtype }) => isFloat(dtype));
  for (const [index, output] of outputs.entries()) {
    if (!isFloat(output.dtype)) continue;
    const seed = graph.input(`seed/${index}`, output.dtype, output.shape);
    reverseWalk(graph, output, seed, targets, lowerings);
  }
  return graph.nodes.length;
}

/** The first error of a chain: what went wrong, below all that tells where. */
function rootOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? rootOf(error.cause) : error;
}

function take(model: ModelProto, lowerings: Lowerings): void {
  try {
    expect(differentiated(model, lowerings)).toBeLessThan(MOST_NODES);
  } catch (error) {
    // An error of JavaScript's, even in an OnnxError, tells no user what to mend.
    if (!(error instanceof OnnxError && rootOf(error) instanceof OnnxError)) throw error;
    const nodes = model.graph!.node.map(({ name, output }) => `"${name || output[0]}`);
    const outputs = model.graph!.output.map(({ name }) => `"${name}"`);
    expect([...nodes, ...outputs].filter((name) => error.message.includes(name))).not.toEqual([]);
  }
}

const WAYS = Object.entries({ cpu: LOWERINGS.cpu, cuda: LOWERINGS.cuda });

describe.each(WAYS)('on %s, a damaged', (_, lowerings) => {
  const operators = new Set(CASES.map(({ operator }) => operator));
  test.each([...operators])('%s is differentiated or refused with its name', (operator) => {
    const models = CASES.filter((row) => row.operator === operator).map(modelOf);
    for (const model of models) expect(differentiated(model, lowerings)).toBeGreaterThan(0);
    const changed = fc.constantFrom(...models).chain(damaged);
    fc.assert(
      fc.property(changed, (model) => take(model, lowerings)),
      { numRuns: 40 },
    );
  });
});

describe('what would make a graph without end', () => {
  const MANY = 2 ** 31;

  test.each<[string, RegExp, (graph: GraphBuilder) => Value]>([
    [
      'a recurrent layer of many steps',
      /\(RNN\): its sequence has 20000 steps.*at most 10000/,
      (graph) =>
        graph.op('RNN', [
          graph.input('x', 'float32', [20_000, 1, 2]),
          graph.input('W', 'float32', [1, 3, 2]),
          graph.input('R', 'float32', [1, 3, 3]),
        ]),
    ],
    [
      'a sum over many channels',
      /\(LRN\): sums over 2147483648 channels are not supported/,
      (graph) => graph.op('LRN', [graph.input('x', 'float32', ['N', 'C', 4])], { size: MANY }),
    ],
    [
      'averages over many windows that reach into padding',
      /\(AveragePool\): an average over 2147483649 padded windows/,
      (graph) =>
        graph.op('AveragePool', [graph.input('x', 'float32', [1, 1, MANY])], { kernel_shape: [2], pads: [1, 1] }),
    ],
  ])('is refused: %s', (_, message, build) => {
    const graph = new GraphBuilder('endless');
    const y = build(graph);
    expect(() => reverseWalk(graph, y, graph.input('seed', 'float32', y.shape), graph.inputs)).toThrow(message);
  });

  test.each<[string, (graph: GraphBuilder) => Value]>([
    [
      'a sum over more channels than there are',
      (graph) => graph.op('LRN', [graph.input('x', 'float32', ['N', 5, 4])], { size: MANY }),
    ],
    [
      'an average of a large window',
      (graph) => graph.op('AveragePool', [graph.input('x', 'float32', [1, 1, MANY])], { kernel_shape: [MANY / 2] }),
    ],
    [
      'attention over many keys, each up to its own place',
      (graph) => {
        const head = (name: string, length: number) => graph.input(name, 'float32', [1, 1, length, 2]);
        return graph.op('Attention', [head('q', 3), head('k', MANY), head('v', MANY)], { is_causal: 1 });
      },
    ],
  ])('is written shorter: %s', (_, build) => {
    const graph = new GraphBuilder('large');
    const y = build(graph);
    reverseWalk(graph, y, graph.input('seed', 'float32', y.shape), graph.inputs);
    expect(graph.nodes.length).toBeLessThan(100);
  });
});
