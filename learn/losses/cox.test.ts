import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cox } from './fixtures/definitions.js';
import { lossGraph, type Shapes } from './fixtures/loss-graph.js';
import { type CoxOptions, coxPartialLikelihood } from './index.js';

const shapes: Shapes = { output: [], target: [2], targetType: 'float' };

const graphOf = (options: CoxOptions, more: Parameters<typeof lossGraph>[2] = {}) =>
  lossGraph((graph, x, t, s) => coxPartialLikelihood(graph, x, t, options, s), shapes, more);

const folder = new URL('../../../shared/data/survival/', import.meta.url);
const missing = !existsSync(folder);

interface Reference {
  readonly name: string;
  readonly ties: 'breslow' | 'efron';
  readonly n: number;
  readonly loglikAtZero: number;
  readonly loglikAtMax: number;
  readonly coef: Readonly<Record<string, number>>;
}

/** The rows of `lung.csv` without missing values. */
function lung(columns: readonly string[]): { covariates: number[][]; seen: number[][] } {
  const [header, ...lines] = readFileSync(new URL('lung.csv', folder), 'utf8').trim().replaceAll('"', '').split('\n');
  const names = header!.split(',');
  const rows = lines.map((line) => Object.fromEntries(line.split(',').map((cell, index) => [names[index], cell])));
  const whole = rows.filter((row) => columns.every((name) => row[name] !== '' && row[name] !== 'NA'));
  return {
    covariates: whole.map((row) => columns.map((name) => Number(row[name]))),
    seen: whole.map((row) => [Number(row['time']), Number(row['status']) === 2 ? 1 : 0]),
  };
}

describe.skipIf(missing)(
  `R's Cox model of lung cancer${missing ? ' (skipped: the reference data beside the project is missing)' : ''}`,
  () => {
    const refs: Reference[] = missing
      ? []
      : JSON.parse(readFileSync(new URL('cox_reference.json', folder), 'utf8')).refs.filter(
          ({ name }: Reference) => name === 'lung3',
        );

    test.each(refs)('has our likelihood and our maximum, ties by $ties', async (reference) => {
      const { ties, n, coef } = reference;
      const { covariates, seen } = lung(Object.keys(coef));
      expect(seen).toHaveLength(n);
      const hazards = covariates.map((row) => row.reduce((sum, value, k) => sum + value * Object.values(coef)[k]!, 0));
      const precise = await graphOf({ ties, reduction: 'sum' }, { dtype: 'float64' });
      const atZero = await precise.evaluate(n, { output: hazards.map(() => 0), target: seen.flat() });
      const atMax = await precise.evaluate(n, { output: hazards, target: seen.flat() });
      expect(-atZero.loss).toBeCloseTo(reference.loglikAtZero, 8);
      expect(-atMax.loss).toBeCloseTo(reference.loglikAtMax, 8);
      // The score vanishes at the maximum, for each covariate; 0.001 is what ten digits of a coefficient leave.
      for (const k of Object.keys(coef).keys()) {
        const score = atMax.gradient.reduce((sum, slope, row) => sum + slope * covariates[row]![k]!, 0);
        expect(Math.abs(score)).toBeLessThan(1e-3);
      }
      const single = await graphOf({ ties, reduction: 'sum' });
      const { loss } = await single.evaluate(n, { output: hazards, target: seen.flat() });
      expect(Math.abs(loss + reference.loglikAtMax) / Math.abs(reference.loglikAtMax)).toBeLessThan(1e-6);
      await Promise.all([precise.release(), single.release()]);
    });

    test('are of both ways to treat ties', () => {
      expect(refs.map(({ ties }) => ties).sort()).toEqual(['breslow', 'efron']);
    });
  },
);

describe("Cox's partial likelihood", () => {
  test('equals a case worked out by hand', async () => {
    // exp(x) = 1, 2, 4, 8; two events at time 1, one at time 2, and a censored row at time 2.
    const output = [0, Math.LN2, 2 * Math.LN2, 3 * Math.LN2];
    const target = [1, 1, 1, 1, 2, 1, 2, 0];
    const breslow = 2 * Math.log(15) - Math.log(2) + Math.log(12) - Math.log(4);
    const efron = Math.log(15) + Math.log(15 - 1.5) - Math.log(2) + Math.log(12) - Math.log(4);
    for (const [ties, loss] of [
      ['breslow', breslow],
      ['efron', efron],
    ] as const) {
      const graph = await graphOf({ ties, reduction: 'sum' }, { dtype: 'float64' });
      expect((await graph.evaluate(4, { output, target })).loss).toBeCloseTo(loss, 12);
      await graph.release();
    }
  });

  test('is 0 with no gradient where nobody had the event', async () => {
    const graph = await graphOf({}, { weighted: true });
    const { loss, gradient } = await graph.evaluate(3, { output: [1, -2, 3], target: [1, 0, 2, 0, 2, 0] });
    expect(loss).toBe(0);
    expect(gradient.map(Math.abs)).toEqual([0, 0, 0]);
    await graph.release();
  });

  test('does not depend on the order of rows, and gradients within a risk set sum to 0', async () => {
    const graph = await graphOf({ ties: 'efron' }, { weighted: true, dtype: 'float64' });
    const row = fc.record({
      x: fc.double({ min: -50, max: 50, noNaN: true }),
      time: fc.integer({ min: 1, max: 4 }),
      event: fc.constantFrom(0, 1),
      weight: fc.constantFrom(0, 0.5, 1, 3),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 9 }), async (rows) => {
        const evaluate = (list: typeof rows) =>
          graph.evaluate(list.length, {
            output: list.map(({ x }) => x),
            target: list.flatMap(({ time, event }) => [time, event]),
            sampleWeights: list.map(({ weight }) => weight),
          });
        const { loss, gradient } = await evaluate(rows);
        const batch = {
          x: rows.map(({ x }) => [x]),
          t: rows.map(({ time, event }) => [time, event]),
          s: rows.map(({ weight }) => weight),
        };
        expect(loss).toBeCloseTo(cox('efron')(batch), 9);
        expect((await evaluate(rows.toReversed())).loss).toBeCloseTo(loss, 9);
        expect(gradient.reduce((sum, slope) => sum + slope)).toBeCloseTo(0, 9);
      }),
      { numRuns: 40 },
    );
    await graph.release();
  });

  test('is not led astray by log hazards far apart', async () => {
    const graph = await graphOf({ ties: 'breslow', reduction: 'sum' });
    // The first risk set holds the large one, the second only small ones.
    const { loss, gradient } = await graph.evaluate(3, { output: [1e4, -1e4, -1e4], target: [1, 1, 2, 1, 3, 0] });
    expect(loss).toBeCloseTo(Math.LN2, 5);
    expect(gradient[0]).toBeCloseTo(0, 6);
    expect(gradient[1]).toBeCloseTo(-0.5, 6);
    expect(gradient[2]).toBeCloseTo(0.5, 6);
    await graph.release();
  });

  test('is 0 for censored rows where each row is asked for', async () => {
    const graph = await graphOf({ reduction: 'none' });
    const { each } = await graph.evaluate(3, { output: [0, 0, 0], target: [1, 0, 2, 1, 3, 0] });
    expect(each.map((value) => Math.abs(value))).toEqual([0, expect.closeTo(Math.LN2, 6), 0]);
    await graph.release();
  });

  test.each([
    ['an event coded 2', [1, 2, 2, 1]],
    ['a time that is missing', [Number.NaN, 0, 2, 1]],
    ['an event that is missing', [1, Number.NaN, 2, 1]],
  ])('is NaN, never a number, for %s', async (_, target) => {
    const graph = await graphOf({});
    expect((await graph.evaluate(2, { output: [0.5, -0.5], target })).loss).toBeNaN();
    await graph.release();
  });
});
