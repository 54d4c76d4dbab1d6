/** The extents of a graph may all be symbols: a row that counts elements or cuts parts out must then ask the run. */
import { describe, expect, test } from 'vitest';
import { elementCount, type Tensor } from '../../../runtime/tensor.js';
import { float32, numbers, runModel } from '../../onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder, type ModelProto } from '../../onnx/index.js';
import { random, STREAMS } from '../../random.js';
import { differentiate } from '../differentiate.js';
import { ACTIVATION_CASES } from './cases/activation.js';
import type { Case } from './cases/case.js';
import { ELEMENTWISE_CASES } from './cases/elementwise.js';
import { INDEXING_CASES } from './cases/indexing.js';
import { MATRIX_CASES } from './cases/matrix.js';
import { MOVEMENT_CASES } from './cases/movement.js';
import { NORMALIZATION_CASES } from './cases/normalization.js';
import { REDUCTION_CASES } from './cases/reduction.js';

const rows = [
  ...ELEMENTWISE_CASES,
  ...ACTIVATION_CASES,
  ...MATRIX_CASES,
  ...REDUCTION_CASES,
  ...MOVEMENT_CASES,
  ...INDEXING_CASES,
  ...NORMALIZATION_CASES,
].map((row) => ({ ...row, title: row.what ? `${row.operator}, ${row.what}` : row.operator }));

/** Its channels are the one thing that must be known: they say how many belong to a group. */
const REFUSED = 'GroupNormalization';

interface Built {
  readonly model: ModelProto;
  readonly feeds: Record<string, Tensor>;
  readonly targets: readonly string[];
}

function uniform(shape: readonly number[], stream: number, from = -2, to = 2): number[] {
  const draws = random(7, STREAMS.user, stream);
  return Array.from({ length: elementCount(shape) }, () => from + (to - from) * draws.uniform());
}

function build(row: Case, symbolic: boolean): Built {
  const graph = new GraphBuilder(row.operator);
  const feeds: Record<string, Tensor> = {};
  const inputs = row.inputs.map(({ shape, values, from, to }, index) => {
    feeds[`x${index}`] = float32(shape, values ?? uniform(shape, index, from, to));
    const declared = shape.map((extent, axis) => (symbolic ? `extent_${index}_${axis}` : extent));
    return graph.input(`x${index}`, 'float32', declared);
  });
  const targets = inputs.map(({ name }) => name);
  const constants = (row.constants ?? []).map((tensor, index) => {
    feeds[`c${index}`] = tensor;
    return graph.input(`c${index}`, tensor.dtype, tensor.shape);
  });
  graph.output(row.build(graph, [...inputs, ...constants], new Arithmetic(graph)), 'y');
  return { model: graph.toModel(), feeds, targets };
}

async function gradients({ model, feeds, targets }: Built, seed: Tensor): Promise<Record<string, Tensor>> {
  const backward = differentiate(model, { output: 'y', withRespectTo: targets });
  return runModel(backward, { ...feeds, 'grad/y': seed });
}

describe('where no extent is known before the run, the gradient', () => {
  test.each(rows.filter(({ operator }) => operator !== REFUSED))('is the same: $title', async (row) => {
    const known = build(row, false);
    const { y } = await runModel(known.model, known.feeds);
    const seed = float32(y!.shape, uniform(y!.shape, 99));
    const expected = await gradients(known, seed);
    const actual = await gradients(build(row, true), seed);
    expect(Object.keys(actual)).toEqual(Object.keys(expected));
    for (const [name, tensor] of Object.entries(expected)) {
      expect(actual[name]!.shape).toEqual(tensor.shape);
      const found = numbers(actual[name]);
      for (const [index, value] of numbers(tensor).entries()) expect(found[index]).toBeCloseTo(value, 4);
    }
  });

  test.each(rows.filter(({ operator }) => operator === REFUSED))('is refused in a sentence: $title', (row) => {
    const { model, targets } = build(row, true);
    expect(() => differentiate(model, { output: 'y', withRespectTo: targets })).toThrow(/number of its channels/);
  });
});
