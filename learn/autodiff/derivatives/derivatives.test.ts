import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../../runtime/tensor.js';
import { elementCount } from '../../../runtime/tensor.js';
import { float32, float64, type LoadedModel, loadModel, numbers, runModel } from '../../onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder, type ModelProto } from '../../onnx/index.js';
import { random, STREAMS } from '../../random.js';
import { differentiate } from '../differentiate.js';
import type { Case } from './cases/case.js';
import { CASES } from './cases/index.js';
import { DERIVATIVES } from './index.js';

/** The leading extent of every case, which is a symbol in the second variant. */
const BATCH = 3;

interface Built {
  readonly model: ModelProto;
  readonly feeds: Record<string, Tensor>;
  readonly targets: readonly string[];
  readonly inferred: readonly (number | string)[];
}

function build(row: Case, dtype: 'float32' | 'float64', symbolic: boolean): Built {
  const graph = new GraphBuilder(row.operator);
  const feeds: Record<string, Tensor> = {};
  const declared = (shape: readonly number[]) => (symbolic && shape[0] === BATCH ? ['N', ...shape.slice(1)] : shape);
  const values = row.inputs.map(({ shape, values: given, from = -2, to = 2 }, index) => {
    const draws = random(7, STREAMS.user, index);
    const data = given ?? Array.from({ length: elementCount(shape) }, () => from + (to - from) * draws.uniform());
    feeds[`x${index}`] = dtype === 'float32' ? float32(shape, data) : float64(shape, data);
    return graph.input(`x${index}`, dtype, declared(shape));
  });
  const constants = (row.constants ?? []).map((tensor, index) => {
    feeds[`c${index}`] = tensor;
    return graph.input(`c${index}`, tensor.dtype, declared(tensor.shape));
  });
  const targets = values.map(({ name }) => name);
  const write = dtype === 'float64' ? (row.primitives ?? row.build) : row.build;
  const output = graph.output(write(graph, [...values, ...constants], new Arithmetic(graph)), 'y');
  return { model: graph.toModel(), feeds, targets, inferred: output.shape };
}

/** Numbers of no pattern, so that contributions do not cancel. */
function weights(count: number): number[] {
  const draws = random(11, STREAMS.user);
  return Array.from({ length: count }, () => draws.normal());
}

function largestError(actual: readonly number[], expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  const scale = Math.max(1, ...expected.map(Math.abs));
  return Math.max(0, ...actual.map((value, index) => Math.abs(value - expected[index]!) / scale));
}

/** d/dx of sum(y * g), by central differences of the graph itself in float64. */
async function differences(loaded: LoadedModel, feeds: Built['feeds'], name: string, g: number[]): Promise<number[]> {
  const x = feeds[name]!;
  const width = 1e-5;
  const at = async (index: number, step: number): Promise<number> => {
    const moved = Float64Array.from(x.data as Float64Array);
    moved[index]! += step;
    const { y } = await loaded.run({ ...feeds, [name]: { ...x, data: moved } });
    return numbers(y).reduce((sum, value, place) => sum + value * g[place]!, 0);
  };
  const slopes: number[] = [];
  for (let index = 0; index < x.data.length; index++) {
    slopes.push(((await at(index, width)) - (await at(index, -width))) / (2 * width));
  }
  return slopes;
}

/** The same by central differences of a formula, for one of its inputs. */
function slopesOf(formula: NonNullable<Case['formula']>, inputs: readonly number[][], place: number): number[] {
  const width = 1e-5;
  const g = weights(formula(inputs).length);
  const at = (index: number, step: number): number => {
    const moved = inputs[place]!.with(index, inputs[place]![index]! + step);
    const y = formula(inputs.with(place, moved));
    return y.reduce((sum, value, element) => sum + value * g[element]!, 0);
  };
  return inputs[place]!.map((_, index) => (at(index, width) - at(index, -width)) / (2 * width));
}

describe.each(['known', 'symbolic'])('the gradient of an operator, its batch extent %s,', (extent) => {
  const rows = CASES.map((row) => ({ ...row, title: row.what ? `${row.operator}, ${row.what}` : row.operator }));

  test.each(rows.filter(({ reference, primitives, formula }) => !reference && !primitives && !formula))(
    'equals the finite difference: $title',
    async (row) => {
      const { model, feeds, targets, inferred } = build(row, 'float64', extent === 'symbolic');
      const loaded = await loadModel(model);
      const { y } = await loaded.run(feeds);
      expect(y!.shape).toEqual(inferred.map((dim, axis) => (typeof dim === 'number' ? dim : y!.shape[axis])));
      const g = weights(y!.data.length);
      const gradients = await runModel(differentiate(model, { output: 'y', withRespectTo: targets }), {
        ...feeds,
        'grad/y': float64(y!.shape, g),
      });
      for (const name of targets) {
        const actual = gradients[`grad/${name}`]!;
        expect(actual.shape).toEqual(feeds[name]!.shape);
        expect(largestError(numbers(actual), await differences(loaded, feeds, name, g))).toBeLessThan(1e-7);
      }
      await loaded.release();
    },
  );

  test.each(rows.filter(({ primitives }) => primitives))(
    'equals the finite difference of its parts: $title',
    async (row) => {
      const { model, feeds, targets, inferred } = build(row, 'float32', extent === 'symbolic');
      const parts = build(row, 'float64', extent === 'symbolic');
      const loaded = await loadModel(parts.model);
      const expected = (await loaded.run(parts.feeds))['y']!;
      const g = weights(expected.data.length);
      const results = await runModel(differentiate(model, { output: 'y', withRespectTo: targets }), {
        ...feeds,
        'grad/y': float32(expected.shape, g),
      });
      expect(inferred.map((dim, axis) => (typeof dim === 'number' ? dim : expected.shape[axis]))).toEqual(
        expected.shape,
      );
      expect(largestError(numbers(results['y']), numbers(expected))).toBeLessThan(5e-6);
      for (const name of targets) {
        const actual = results[`grad/${name}`]!;
        expect(actual.shape).toEqual(feeds[name]!.shape);
        expect(largestError(numbers(actual), await differences(loaded, parts.feeds, name, g))).toBeLessThan(5e-6);
      }
      await loaded.release();
    },
  );

  test.each(rows.filter(({ formula }) => formula))(
    'equals the finite difference of its definition: $title',
    async (row) => {
      const { model, feeds, targets, inferred } = build(row, 'float32', extent === 'symbolic');
      const inputs = targets.map((name) => numbers(feeds[name]));
      const expected = row.formula!(inputs);
      const results = await runModel(differentiate(model, { output: 'y', withRespectTo: targets }), {
        ...feeds,
        'grad/y': float32(
          inferred.map((dim) => (typeof dim === 'number' ? dim : BATCH)),
          weights(expected.length),
        ),
      });
      expect(largestError(numbers(results['y']), expected)).toBeLessThan(5e-6);
      for (const [place, name] of targets.entries()) {
        const actual = results[`grad/${name}`]!;
        expect(actual.shape).toEqual(feeds[name]!.shape);
        expect(largestError(numbers(actual), slopesOf(row.formula!, inputs, place))).toBeLessThan(5e-6);
      }
    },
  );

  test.each(rows.filter(({ reference }) => reference))('equals that of its formula: $title', async (row) => {
    const { model, feeds } = build(row, 'float32', extent === 'symbolic');
    const x = numbers(feeds['x0']);
    const g = weights(x.length);
    const reference = row.reference!;
    const results = await runModel(differentiate(model, { output: 'y', withRespectTo: ['x0'] }), {
      ...feeds,
      'grad/y': float32(feeds['x0']!.shape, g),
    });
    const slopes = x.map((value, i) => (g[i]! * (reference(value + 1e-5) - reference(value - 1e-5))) / 2e-5);
    expect(largestError(numbers(results['y']), x.map(reference))).toBeLessThan(2e-6);
    expect(largestError(numbers(results['grad/x0']), slopes)).toBeLessThan(2e-6);
  });
});

test('every row of the table has a case', () => {
  const covered = new Set(CASES.map(({ operator }) => operator));
  expect(Object.keys(DERIVATIVES).filter((operator) => !covered.has(operator))).toEqual([]);
});
