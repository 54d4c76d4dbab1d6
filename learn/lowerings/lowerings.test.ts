import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../runtime/tensor.js';
import { float32, numbers, runModel } from '../onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder, type Shape, type Value } from '../onnx/index.js';
import { random, STREAMS } from '../random.js';
import { type Geometry, geometries } from './fixtures/geometry.js';
import { eachProduct, eachReading, maxPoolGradient, sizeOf } from './fixtures/reference.js';
import { LOWERINGS, type Lowerings, PORTABLE } from './index.js';
import { maxPoolByPlaces } from './pooling/max-by-places.js';

const PROVIDERS = Object.entries({ portable: PORTABLE, ...LOWERINGS });

/** The ways that differ, by the name of the first provider that has them. */
function ways(of: keyof Lowerings): [string, Lowerings][] {
  return PROVIDERS.filter(([, lowerings], index) => {
    return PROVIDERS.findIndex(([, other]) => other[of] === lowerings[of]) === index;
  });
}

function normal(count: number, stream: number): number[] {
  const draws = random(5, STREAMS.user, stream);
  return Array.from({ length: count }, () => Math.fround(draws.normal()));
}

/** Few different numbers, so that many windows have several maxima. */
function ties(count: number): number[] {
  const draws = random(6, STREAMS.user);
  return Array.from({ length: count }, () => Math.floor(3 * draws.uniform()));
}

function declared({ x, unknown }: Geometry): Shape {
  if (unknown === 'none') return x;
  return x.map((extent, axis) => (axis === 0 || (unknown === 'all' && axis > 1) ? `extent_${axis}` : extent));
}

function attributesOf({ window }: Geometry) {
  const { kernel, strides, dilations, padsBegin, padsEnd } = window;
  return { kernel_shape: kernel, strides, dilations, pads: [...padsBegin, ...padsEnd] };
}

function close(actual: Tensor | undefined, shape: readonly number[], expected: readonly number[]): void {
  expect(actual?.shape).toEqual(shape);
  const values = numbers(actual);
  const scale = Math.max(1, ...expected.map(Math.abs));
  for (const [index, value] of expected.entries()) expect(Math.abs(values[index]! - value) / scale).toBeLessThan(2e-6);
}

/** Runs `forward` once to learn the shape of y, then again with the gradients of each way as further outputs. */
async function gradientsOf(
  geometry: Geometry,
  x: readonly number[],
  weight: readonly number[],
  forward: (graph: GraphBuilder, x: Value, weight: Value) => Value,
  gradients: (math: Arithmetic, x: Value, weight: Value, y: Value, dy: Value) => Record<string, Value>,
): Promise<{ y: Tensor; dy: number[]; results: Record<string, Tensor>; inferred: Shape }> {
  const build = (known: boolean) => {
    const graph = new GraphBuilder('lowering');
    const math = new Arithmetic(graph);
    const input = graph.input('x', 'float32', known ? geometry.x : declared(geometry));
    const parameter = graph.input('weight', 'float32', geometry.weight);
    return { graph, math, input, parameter, y: forward(graph, input, parameter) };
  };
  const shape = build(true).y.shape as readonly number[];
  const { graph, math, input, parameter, y } = build(false);
  const dy = graph.input('dy', 'float32', y.shape);
  for (const [name, value] of Object.entries(gradients(math, input, parameter, y, dy))) graph.output(value, name);
  graph.output(y, 'y');
  const values = normal(sizeOf(shape), 1);
  const feeds = { x: float32(geometry.x, x), weight: float32(geometry.weight, weight), dy: float32(shape, values) };
  const results = await runModel(graph.toModel(), feeds);
  return { y: results['y']!, dy: values, results, inferred: shape };
}

const check = (property: (geometry: Geometry) => Promise<void>) =>
  fc.assert(fc.asyncProperty(geometries, property), { numRuns: 60 });

describe('every provider’s gradient', () => {
  test('of a convolution’s input and weight is that of the definition', async () => {
    await check(async (geometry) => {
      const { window } = geometry;
      const [x, weight] = [normal(sizeOf(geometry.x), 2), normal(sizeOf(geometry.weight), 3)];
      const { y, dy, results, inferred } = await gradientsOf(
        geometry,
        x,
        weight,
        (graph, input, parameter) =>
          graph.op('Conv', [input, parameter], { ...attributesOf(geometry), group: window.group }),
        (math, input, parameter, _, gradient) => ({
          ...Object.fromEntries(
            ways('convolutionInputGradient').map(([name, lowerings]) => {
              return [`dx ${name}`, lowerings.convolutionInputGradient(math, input, parameter, gradient, window)];
            }),
          ),
          ...Object.fromEntries(
            ways('convolutionWeightGradient').map(([name, lowerings]) => {
              return [`dw ${name}`, lowerings.convolutionWeightGradient(math, input, gradient, window)];
            }),
          ),
        }),
      );
      expect(y.shape).toEqual(inferred);
      const [products, dx, dw] = [dy.map(() => 0), x.map(() => 0), weight.map(() => 0)];
      eachProduct(geometry.x, geometry.weight, y.shape, window, (from, by, to) => {
        products[to]! += x[from]! * weight[by]!;
        dx[from]! += dy[to]! * weight[by]!;
        dw[by]! += dy[to]! * x[from]!;
      });
      close(y, inferred as number[], products);
      for (const [name, result] of Object.entries(results)) {
        if (name.startsWith('dx')) close(result, geometry.x, dx);
        if (name.startsWith('dw')) close(result, geometry.weight, dw);
      }
    });
  });

  test('of max pooling shares among ties, and sums to the gradient that came', async () => {
    await check(async (geometry) => {
      const x = ties(sizeOf(geometry.x));
      const { y, dy, results, inferred } = await gradientsOf(
        geometry,
        x,
        normal(sizeOf(geometry.weight), 3),
        (graph, input) => graph.op('MaxPool', [input], { ...attributesOf(geometry), ceil_mode: geometry.ceil ? 1 : 0 }),
        (math, input, _, output, gradient) => ({
          ...Object.fromEntries(
            ways('maxPoolGradient').map(([name, lowerings]) => {
              return [`dx ${name}`, lowerings.maxPoolGradient(math, input, output, gradient, geometry.window)];
            }),
          ),
          'dx by places': maxPoolByPlaces(math, input, output, gradient, geometry.window),
        }),
      );
      expect(y.shape).toEqual(inferred);
      const dx = maxPoolGradient(x, geometry.x, dy, y.shape, geometry.window);
      const total = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0);
      // What came for windows that lie in the padding as a whole reaches nothing.
      const reached = dy.filter((_, index) => Number(y.data[index]) >= 0);
      expect(total(dx)).toBeCloseTo(total(reached), 9);
      for (const [name, result] of Object.entries(results)) {
        if (name.startsWith('dx')) close(result, geometry.x, dx);
      }
    });
  });

  test.each(PROVIDERS)('of max pooling by a wide window has few nodes: %s', (_, lowerings) => {
    const nodes = (extents: Shape, stride: number): number => {
      const graph = new GraphBuilder('wide');
      const x = graph.input('x', 'float32', [2, 3, ...extents]);
      const window = {
        kernel: [70, 70],
        dilations: [5, 5],
        strides: [stride, stride],
        padsBegin: [60, 60],
        padsEnd: [60, 60],
      };
      const { kernel, padsBegin, padsEnd, ...steps } = window;
      const y = graph.op('MaxPool', [x], { ...steps, kernel_shape: kernel, pads: [...padsBegin, ...padsEnd] });
      lowerings.maxPoolGradient(new Arithmetic(graph), x, y, graph.input('dy', 'float32', y.shape), window);
      return graph.nodes.length;
    };
    expect(Math.max(nodes([400, 400], 1), nodes([400, 400], 70), nodes(['H', 'W'], 1))).toBeLessThan(150);
  });

  test('of sums over windows is that of the definition', async () => {
    await check(async (geometry) => {
      const x = normal(sizeOf(geometry.x), 2);
      const { y, dy, results, inferred } = await gradientsOf(
        geometry,
        x,
        normal(sizeOf(geometry.weight), 3),
        (graph, input) =>
          graph.op('LpPool', [input], { ...attributesOf(geometry), p: 1, ceil_mode: geometry.ceil ? 1 : 0 }),
        (math, input, _, __, gradient) =>
          Object.fromEntries(
            ways('windowSumGradient').map(([name, lowerings]) => {
              return [`dx ${name}`, lowerings.windowSumGradient(math, input, gradient, geometry.window)];
            }),
          ),
      );
      expect(y.shape).toEqual(inferred);
      const dx = x.map(() => 0);
      const [inside, outside] = [sizeOf(geometry.x.slice(2)), sizeOf(y.shape.slice(2))];
      for (let image = 0; image < geometry.x[0]! * geometry.x[1]!; image++) {
        eachReading(geometry.x.slice(2), y.shape.slice(2), geometry.window, (from, to) => {
          if (from !== undefined) dx[image * inside + from]! += dy[image * outside + to]!;
        });
      }
      for (const [name, result] of Object.entries(results)) {
        if (name.startsWith('dx')) close(result, geometry.x, dx);
      }
    });
  });

  test('of repeated elements is the sum of each block', async () => {
    await check(async (geometry) => {
      const { kernel } = geometry.window;
      const x = normal(sizeOf(geometry.x), 2);
      const scales = float32([kernel.length + 2], [1, 1, ...kernel]);
      const { y, dy, results } = await gradientsOf(
        geometry,
        x,
        normal(sizeOf(geometry.weight), 3),
        (graph, input) =>
          graph.op('Resize', [input, undefined, graph.constant(scales)], {
            coordinate_transformation_mode: 'asymmetric',
            nearest_mode: 'floor',
          }),
        (math, _, __, ___, gradient) =>
          Object.fromEntries(
            ways('blockSum').map(([name, lowerings]) => [`dx ${name}`, lowerings.blockSum(math, gradient, kernel)]),
          ),
      );
      const dx = x.map(() => 0);
      const [inside, outside] = [sizeOf(geometry.x.slice(2)), sizeOf(y.shape.slice(2))];
      const none = kernel.map(() => 0);
      const blocks = { kernel, strides: kernel, dilations: kernel.map(() => 1), padsBegin: none, padsEnd: none };
      for (let image = 0; image < geometry.x[0]! * geometry.x[1]!; image++) {
        eachReading(y.shape.slice(2), geometry.x.slice(2), blocks, (from, to) => {
          dx[image * inside + to]! += dy[image * outside + from!]!;
        });
      }
      for (const [name, result] of Object.entries(results)) {
        if (name.startsWith('dx')) close(result, geometry.x, dx);
      }
    });
  });
});
