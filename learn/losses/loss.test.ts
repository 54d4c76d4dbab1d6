import { describe, expect, test } from 'vitest';
import { elementCount } from '../../runtime/tensor.js';
import { GraphBuilder } from '../onnx/index.js';
import { type Random, random, STREAMS } from '../random.js';
import type { Batch } from './fixtures/definitions.js';
import { type Evaluated, type LossGraph, lossGraph } from './fixtures/loss-graph.js';
import { LOSS_NAMES, type LossSettings, lossRule } from './index.js';
import { LOSS_CASES, type LossCase } from './loss.cases.js';

const ROWS = 7;

const graphOf = (row: LossCase, options: Parameters<typeof lossGraph>[2] = {}): Promise<LossGraph> =>
  lossGraph(lossRule(row.settings).emit, row, options);

function drawRow(row: LossCase, draws: Random): { x: number[]; t: number[] } {
  const x = Array.from({ length: elementCount(row.output) }, () => 4 * draws.uniform() - 2);
  return { x, t: row.draw(draws) };
}

function drawBatch(row: LossCase, seed: number, rows = ROWS): Batch {
  const draws = random(seed, STREAMS.user);
  const drawn = Array.from({ length: rows }, () => drawRow(row, draws));
  const s = drawn.map(() => 0.5 + draws.uniform());
  return { x: drawn.map(({ x }) => x), t: drawn.map(({ t }) => t), s };
}

const evaluate = (graph: LossGraph, { x, t, s }: Batch): Promise<Evaluated> =>
  graph.evaluate(x.length, { output: x.flat(), target: t.flat(), sampleWeights: s });

/** Central differences of the definition. */
function slopes({ definition }: LossCase, batch: Batch): number[] {
  const width = 1e-5;
  return batch.x.flatMap((row, n) =>
    row.map((value, index) => {
      const at = (moved: number) => definition({ ...batch, x: batch.x.with(n, row.with(index, moved)) });
      return (at(value + width) - at(value - width)) / (2 * width);
    }),
  );
}

function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(expected.length);
  const scale = Math.max(1e-2, ...expected.map(Math.abs));
  for (const [index, value] of actual.entries())
    expect(Math.abs(value - expected[index]!) / scale, `element ${index}`).toBeLessThan(tolerance);
}

describe.each(LOSS_CASES.map((row) => ({ ...row, row })))('the loss $title', ({ row }) => {
  test('equals its definition, and its gradient that of the definition', async () => {
    const precise = await graphOf(row, { weighted: true, dtype: 'float64' });
    const plain = await graphOf(row, { rows: ROWS });
    const weighted = await graphOf(row, { weighted: true });
    for (const seed of [1, 2, 3]) {
      const batch = drawBatch(row, seed);
      const expected = { loss: row.definition(batch), gradient: slopes(row, batch) };
      for (const [graph, tolerance] of [
        [precise, 1e-7],
        [weighted, 3e-5],
      ] as const) {
        const { loss, gradient } = await evaluate(graph, batch);
        expectClose([loss], [expected.loss], tolerance / 10);
        expectClose(gradient, expected.gradient, tolerance);
      }
      const unweighted = { ...batch, s: batch.s.map(() => 1) };
      const { loss, gradient } = await evaluate(plain, unweighted);
      expectClose([loss], [row.definition(unweighted)], 3e-6);
      expectClose(gradient, slopes(row, unweighted), 3e-5);
    }
    await Promise.all([precise.release(), plain.release(), weighted.release()]);
  });

  test('gives no part to rows of weight 0, whatever they hold', async () => {
    const graph = await graphOf(row, { weighted: true });
    const batch = drawBatch(row, 4);
    const without = await evaluate(graph, batch);
    const junk = row.targetType === 'int64' ? [-7, 99] : [Number.NaN, Number.POSITIVE_INFINITY];
    const wild = [Number.NaN, Number.NEGATIVE_INFINITY];
    const padded = await evaluate(graph, {
      x: [batch.x[0]!.map((_, index) => wild[index % 2]!), ...batch.x, batch.x[0]!.map(() => Number.NaN)],
      t: [batch.t[0]!.map((_, index) => junk[index % 2]!), ...batch.t, batch.t[0]!.map(() => junk[0]!)],
      s: [0, ...batch.s, 0],
    });
    const none = batch.x[0]!.map(() => 0);
    expectClose([padded.loss], [without.loss], 1e-6);
    expectClose(padded.gradient, [...none, ...without.gradient, ...none], 1e-5);
    await graph.release();
  });

  test('counts a row of weight 2 as two rows', async () => {
    if (row.weightsAreCounts === false) return;
    const graph = await graphOf(row, { weighted: true });
    const { x, t } = drawBatch(row, 5);
    const ones = x.map(() => 1);
    const twice = await evaluate(graph, { x: [...x, x[2]!], t: [...t, t[2]!], s: [...ones, 1] });
    const { loss } = await evaluate(graph, { x, t, s: ones.with(2, 2) });
    expectClose([loss], [twice.loss], 3e-6);
    await graph.release();
  });

  test('has no gradient where all rows have the weight 0', async () => {
    const graph = await graphOf(row, { weighted: true });
    const batch = drawBatch(row, 6);
    const { loss, gradient } = await evaluate(graph, { ...batch, s: batch.s.map(() => 0) });
    if (row.ofNothing === undefined) expect(loss).toBeNaN();
    else expect(loss).toBe(row.ofNothing);
    expect(gradient.map(Math.abs)).toEqual(gradient.map(() => 0));
    await graph.release();
  });

  test('takes an empty batch, and one row', async () => {
    const graph = await graphOf(row);
    const batch = drawBatch(row, 7, 1);
    const { loss, gradient } = await evaluate(graph, batch);
    const one = { ...batch, s: [1] };
    expectClose([loss], [row.definition(one)], 3e-6);
    expectClose(gradient, slopes(row, one), 3e-5);
    const empty = await evaluate(graph, { x: [], t: [], s: [] });
    expect(empty.gradient).toEqual([]);
    if (row.ofNothing === undefined) expect(empty.loss).toBeNaN();
    else expect(empty.loss).toBe(row.ofNothing);
    await graph.release();
  });

  test('stays finite for outputs of any size, and so does its gradient', async () => {
    const graph = await graphOf(row, { weighted: true });
    for (const size of [30, 1e4]) {
      const { x, t, s } = drawBatch(row, 8);
      const extreme = x.map((values) => values.map((value) => Math.sign(value) * size));
      for (const output of [
        extreme,
        extreme.map((values) => values.map((value) => -value)),
        x.map((r) => r.map(() => 0)),
      ]) {
        const { loss, gradient } = await evaluate(graph, { x: output, t, s });
        expect(Number.isFinite(loss)).toBe(true);
        expect(gradient.filter((value) => !Number.isFinite(value))).toEqual([]);
      }
    }
    await graph.release();
  });

  test('tells what its target is', () => {
    const target = lossRule(row.settings).target({ dtype: 'float32', shape: ['N', ...row.output] });
    expect(target).toEqual({
      dtype: row.targetType === 'int64' ? 'int64' : 'float32',
      shape: ['N', ...row.target],
    });
  });

  test('becomes a node of the graph in operators that WebGPU has', () => {
    const graph = new GraphBuilder('operators');
    const loss = lossRule(row.settings);
    const output = graph.input('output', 'float32', ['N', ...row.output]);
    const { dtype, shape } = loss.target(output);
    const scalar = loss.emit(graph, output, graph.input('target', dtype, shape), graph.input('s', 'float32', ['N']));
    expect(scalar.shape).toEqual([]);
    expect(graph.nodes.map(({ type }) => type).filter((type) => ON_THE_CPU.has(type))).toEqual([]);
  });
});

/** Operators that fall back to the CPU under WebGPU in onnxruntime 1.30, and take all elements there and back. */
const ON_THE_CPU = new Set(['Abs', 'Sign', 'Or', 'Size', 'IsNaN', 'LogSoftmax', 'OneHot', 'GatherElements', 'Trilu']);

describe('the table of losses', () => {
  test('has a case for each row', () => {
    expect([...new Set(LOSS_CASES.map(({ settings }) => settings.type))].sort()).toEqual([...LOSS_NAMES].sort());
  });

  test.each<[LossSettings, string]>([
    [{ type: 'cross_entropy' }, 'softmax'],
    [{ type: 'binary_cross_entropy' }, 'sigmoid'],
    [{ type: 'focal' }, 'softmax'],
    [{ type: 'focal', activation: 'sigmoid' }, 'sigmoid'],
    [{ type: 'dice' }, 'softmax'],
    [{ type: 'dice_cross_entropy', activation: 'sigmoid' }, 'sigmoid'],
    [{ type: 'tversky', activation: 'sigmoid' }, 'sigmoid'],
    [{ type: 'kl_divergence' }, 'softmax'],
    [{ type: 'ordinal' }, 'cumulative'],
    [{ type: 'discrete_survival', boundaries: [0, 1] }, 'hazard'],
    [{ type: 'cox' }, 'identity'],
    [{ type: 'huber' }, 'identity'],
  ])('knows what the outputs become: %o is %s', (settings, link) => {
    expect(lossRule(settings).link).toBe(link);
  });

  test.each<[object, RegExp]>([
    [{ type: 'hinge' }, /no loss "hinge".*cross_entropy/],
    [{ type: 'toString' }, /no loss "toString"/],
    [{ type: 'mse', delta: 1 }, /mse has no setting "delta"/],
    [{ type: 'mse', reduction: 'sum' }, /no setting "reduction"/],
    [{ type: 'huber', delta: 0 }, /delta is finite and above 0, not 0/],
    [{ type: 'smooth_l1', beta: Number.NaN }, /beta is finite/],
    [{ type: 'quantile', quantile: 1.5 }, /quantile is from 0 to 1/],
    [{ type: 'cross_entropy', labelSmoothing: -0.1 }, /from 0 to 1/],
    [{ type: 'cross_entropy', classWeights: [0, 0] }, /not all 0/],
    [{ type: 'cross_entropy', ignoreLabel: 0.5 }, /whole number/],
    [{ type: 'cross_entropy', targets: 'words' }, /one of labels, shares/],
    [{ type: 'binary_cross_entropy', positiveWeight: [1, 0] }, /above 0/],
    [{ type: 'binary_cross_entropy', positiveWeight: [] }, /one for each output/],
    [{ type: 'focal', gamma: -1 }, />= 0/],
    [{ type: 'dice', smoothing: 0 }, /above 0/],
    [{ type: 'dice', batch: 'yes' }, /true or false/],
    [{ type: 'cox', ties: 'exact' }, /efron, breslow/],
    [{ type: 'discrete_survival', boundaries: [0, 2, 2] }, /each above the one before/],
    [{ type: 'cosine_embedding', margin: 2 }, /from -1 to 1/],
    [{ type: 'survival_ranking', surrogate: 'exp' }, /logistic, hinge/],
    [{ type: 'margin_ranking', margin: Number.POSITIVE_INFINITY }, /finite/],
  ])('refuses %o', (settings, message) => {
    expect(() => lossRule(settings as LossSettings)).toThrow(message);
  });

  test.each<[object, readonly (number | string)[], RegExp]>([
    [{ type: 'cross_entropy' }, ['N'], /logits \[N, C, ...\]/],
    [{ type: 'cross_entropy', classWeights: [1, 2] }, ['N', 3], /3 classes need 3 class weights, not 2/],
    [{ type: 'binary_cross_entropy', positiveWeight: [1, 2] }, ['N', 3], /3 outputs need as many positive weights/],
    [{ type: 'focal', activation: 'sigmoid', ignoreLabel: 1 }, ['N', 3], /no setting "ignoreLabel"/],
    [{ type: 'focal', alpha: [1, 2] }, ['N', 3], /3 classes need 3 weights/],
    [{ type: 'dice' }, ['N', 3], /axes of places/],
    [{ type: 'dice', includeBackground: false }, ['N', 1, 4], /without the background there is no class/],
    [{ type: 'dice', activation: 'sigmoid', ignoreLabel: 1 }, ['N', 2, 4], /needs labels/],
    [
      { type: 'dice_cross_entropy', activation: 'sigmoid', classWeights: [1, 2] },
      ['N', 2, 4],
      /class weights need labels/,
    ],
    [{ type: 'dice_cross_entropy', positiveWeight: 2 }, ['N', 2, 4], /needs regions/],
    [{ type: 'cross_entropy', targets: 'shares', ignoreLabel: 1 }, ['N', 2], /needs labels/],
    [{ type: 'cox' }, ['N', 2], /one number a row/],
    [{ type: 'discrete_survival', boundaries: [0, 1, 2] }, ['N', 3], /2 intervals, which need logits \[N, 2\]/],
    [{ type: 'discrete_survival' }, ['N', 3], /at least two finite numbers/],
    [{ type: 'margin_ranking' }, ['N', 3], /pairs \[N, 2\]/],
    [{ type: 'cosine_embedding' }, ['N', 3, 2], /pairs \[N, 2, D\]/],
    [{ type: 'ordinal' }, ['N', 'K'], /\[N, K - 1\]/],
  ])('refuses %o for an output of %o', (settings, shape, message) => {
    const graph = new GraphBuilder('refused');
    const loss = lossRule(settings as LossSettings);
    const output = graph.input('output', 'float32', shape);
    const { dtype, shape: extents } = loss.target(output);
    const target = graph.input('target', dtype, extents);
    expect(() => loss.emit(graph, output, target, undefined)).toThrow(message);
  });
});
