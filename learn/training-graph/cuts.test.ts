import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Arithmetic, GraphBuilder, type Value } from '../onnx/index.js';
import { bestCuts } from './cuts.js';
import type { Passes } from './passes.js';

/** A chain of products [N, width]; the backward pass reads each of them, the last one first. */
function chain(widths: readonly number[]): Passes & { readonly places: readonly number[] } {
  const graph = new GraphBuilder('chain');
  const math = new Arithmetic(graph);
  const values: Value[] = [graph.input('x', 'float32', ['N', 64])];
  const weights = widths.map((width, index) =>
    graph.input(`weight${index}`, 'float32', [index === 0 ? 64 : widths[index - 1]!, width]),
  );
  for (const [index, weight] of weights.entries()) values.push(math.matmul(values[index]!, weight));
  const forward = graph.nodes.length;
  let gradient: Value | undefined;
  for (const value of values.slice(1).reverse()) {
    const part = math.sum(value, [1], true);
    gradient = gradient ? math.add(gradient, part) : part;
  }
  const places = graph.nodes.slice(0, forward).flatMap(({ type }, place) => (type === 'MatMul' ? [place] : []));
  return { graph, forward, batchInputs: new Set(['x']), parameters: new Set(), places };
}

/** What the fullest segment takes, in elements a row: all that was kept before it, and all of its own. */
function peakOf(widths: readonly number[], cuts: readonly number[]): number {
  let kept = 0;
  let peak = 0;
  for (const [index, begin] of [-1, ...cuts].entries()) {
    const end = cuts[index] ?? widths.length - 1;
    const own = widths.slice(begin + 1, end + 1).reduce((sum, width) => sum + width, 0);
    peak = Math.max(peak, kept + own);
    kept += widths[end]!;
  }
  return peak;
}

/** The layers behind which the chain is cut. */
function cutsOf(widths: readonly number[], most?: number): number[] {
  const passes = chain(widths);
  return bestCuts(passes, most).map((cut) => passes.places.indexOf(cut));
}

/** All ways to cut. */
function choices(count: number): number[][] {
  return Array.from({ length: 2 ** (count - 1) }, (_, bits) =>
    Array.from({ length: count - 1 }, (__, place) => place).filter((place) => (bits >> place) & 1),
  );
}

const WIDTHS = fc.array(fc.integer({ min: 64, max: 2000 }), { minLength: 1, maxLength: 8 });
/** The last segment may be longer than the lowest peak allows. */
const SLACK = 1.021;

describe('the cuts of checkpointing', () => {
  test('no other cuts have a peak that is much lower', () => {
    fc.assert(
      fc.property(WIDTHS, (widths) => {
        const least = Math.min(...choices(widths.length).map((cuts) => peakOf(widths, cuts)));
        expect(peakOf(widths, cutsOf(widths))).toBeLessThanOrEqual(SLACK * least);
      }),
      { numRuns: 30 },
    );
  });

  test('no others as few as they are have either, where their number is limited', () => {
    fc.assert(
      fc.property(WIDTHS, fc.integer({ min: 1, max: 4 }), (widths, most) => {
        const allowed = choices(widths.length).filter((cuts) => cuts.length < most);
        const least = Math.min(...allowed.map((cuts) => peakOf(widths, cuts)));
        const cuts = cutsOf(widths, most);
        expect(cuts.length).toBeLessThan(most);
        expect(peakOf(widths, cuts)).toBeLessThanOrEqual(SLACK * least);
      }),
      { numRuns: 30 },
    );
  });

  test('equal layers are cut into about the square root of twice their number', () => {
    // Segments of k, k-1, k-2, ... layers, because what is kept grows with every cut: k(k+1)/2 layers.
    const cuts = cutsOf(new Array<number>(45).fill(100));
    expect(cuts.length + 1).toBeGreaterThanOrEqual(8);
    expect(cuts.length + 1).toBeLessThanOrEqual(10);
    const lengths = [...cuts, 44].map((cut, index) => cut - (cuts[index - 1] ?? -1));
    expect(lengths[0]).toBeGreaterThan(lengths.at(-2)!);
  });

  test('what is kept is small, and bytes count, not layers', () => {
    expect(cutsOf([6400, 64, 64, 64, 64, 64, 64, 64], 2)).toEqual([1]);
  });
});
