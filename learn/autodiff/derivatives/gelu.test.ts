import { expect, test } from 'vitest';
import { float32, numbers, runModel } from '../../onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder } from '../../onnx/index.js';
import { reverseWalk } from '../index.js';

/** Phi by its series, which float64 sums to the last digits in this range. */
function normalDistribution(x: number): number {
  let [term, sum] = [x, x];
  for (let k = 1; k < 200; k++) {
    term *= (-x * x * (2 * k - 1)) / (2 * k * (2 * k + 1));
    sum += term;
  }
  return 0.5 + sum / Math.sqrt(2 * Math.PI);
}

function slopeByTanh(x: number): number {
  const scale = Math.sqrt(2 / Math.PI);
  const t = Math.tanh(scale * (x + 0.044715 * x ** 3));
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * scale * (1 + 3 * 0.044715 * x * x);
}

const SLOPES = {
  none: (x: number) => normalDistribution(x) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI),
  tanh: slopeByTanh,
} as const;

test.each(['none', 'tanh'] as const)(
  'the slope of Gelu in float32, approximated by %s, is that of the formula',
  async (approximate) => {
    const graph = new GraphBuilder('gelu');
    const math = new Arithmetic(graph);
    const x = graph.input('x', 'float32', ['N']);
    const y = graph.op('Gelu', [x], { approximate });
    const [gradient] = reverseWalk(graph, y, math.onesLike(y), [x]);
    graph.output(gradient!, 'gradient');
    const values = Float32Array.from({ length: 101 }, (_, index) => (index - 50) / 10);
    const results = await runModel(graph.toModel(), { x: float32([101], values) });
    for (const [index, slope] of numbers(results['gradient']).entries())
      expect(Math.abs(slope - SLOPES[approximate](values[index]!))).toBeLessThan(5e-6);
  },
);

test.each(['none', 'tanh'] as const)(
  'far out the slope of Gelu, approximated by %s, is 0 or 1',
  async (approximate) => {
    const graph = new GraphBuilder('gelu');
    const math = new Arithmetic(graph);
    const x = graph.input('x', 'float32', ['N']);
    const y = graph.op('Gelu', [x], { approximate });
    const [gradient] = reverseWalk(graph, y, math.onesLike(y), [x]);
    graph.output(gradient!, 'gradient');
    const results = await runModel(graph.toModel(), { x: float32([4], [-1e4, -40, 40, 1e4]) });
    expect(numbers(results['gradient']).map((value) => value + 0)).toEqual([0, 0, 1, 1]);
  },
);
