import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reverseWalk } from '../../autodiff/index.js';
import { float32, numbers, runModel } from '../../onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder, type Value } from '../../onnx/index.js';
import { random, STREAMS } from '../../random.js';
import { CPU } from '../cpu.js';
import { eachProduct, maxPoolGradient, sizeOf } from '../fixtures/reference.js';
import type { ConvolutionWindow } from '../lowerings.js';
import { MACHINE_BLOCK, ON_TILES } from './fixtures/machine.js';
import { layOut } from './index.js';

const block = MACHINE_BLOCK ?? 16;

function normal(count: number, stream: number): number[] {
  const draws = random(11, STREAMS.user, stream);
  return Array.from({ length: count }, () => Math.fround(draws.normal()));
}

type Forward = (math: Arithmetic, inputs: Readonly<Record<string, Value>>) => readonly Value[];

/**
 * Runs a forward pass over tiles, and back from a given gradient.
 * @param inputs values of the inputs, by name; all of them get gradients
 * @param forward gives y and whatever else is to be read
 * @param plain as it is, not over tiles
 */
async function throughTiles(
  inputs: Readonly<Record<string, { shape: readonly number[]; data: readonly number[] }>>,
  forward: Forward,
  plain = false,
) {
  const source = new GraphBuilder('source');
  const values = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape }]) => [name, source.input(name, 'float32', shape)]),
  );
  const results = forward(new Arithmetic(source), values);
  const kept = [...results, ...Object.values(values)];
  const asItIs = { graph: source, composites: [], at: (value: Value) => value };
  const { graph, composites, at } = plain ? asItIs : layOut(source, kept, { blockSize: block });
  const [y, ...others] = results.map(at);
  const seed = graph.input('dy', 'float32', y!.shape);
  const targets = Object.values(values).map(at);
  const gradients = reverseWalk(graph, y!, seed, targets, CPU, composites);
  for (const [index, value] of [y!, ...others].entries()) graph.output(value, `result${index}`);
  for (const [index, target] of targets.entries()) graph.output(gradients[index]!, `grad/${target.name}`);
  const shape = y!.shape as readonly number[];
  const dy = normal(sizeOf(shape), 9);
  const outputs = await runModel(graph.toModel(), {
    dy: float32(shape, dy),
    ...Object.fromEntries(Object.entries(inputs).map(([name, given]) => [name, float32(given.shape, given.data)])),
  });
  const types = graph.nodes.filter(({ domain }) => domain === 'com.microsoft.nchwc').map(({ type }) => type);
  return { outputs, shape, dy, types };
}

/** The largest difference over the largest value. */
function distance(actual: readonly number[], expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  const scale = Math.max(1e-30, ...expected.map(Math.abs));
  return Math.max(...expected.map((value, index) => Math.abs(actual[index]! - value) / scale));
}

const axis = fc
  .record({
    kernel: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 3 }),
    begin: fc.nat(3),
    end: fc.nat(3),
    more: fc.nat(4),
  })
  .map(({ kernel, stride, begin, end, more }) => {
    const [before, behind] = [Math.min(begin, kernel - 1), Math.min(end, kernel - 1)];
    return { kernel, stride, begin: before, end: behind, extent: Math.max(1, kernel - before - behind) + more };
  });

const kinds = {
  'few channels': { channels: 3, outputs: block, group: 1 },
  'whole blocks': { channels: block, outputs: 2 * block, group: 1 },
  'blocks that are not full': { channels: block + 4, outputs: block + 3, group: 1 },
  'every channel alone': { channels: block + 4, outputs: block + 4, group: block + 4 },
} as const;

describe.skipIf(!MACHINE_BLOCK)(ON_TILES, () => {
  test.each(Object.entries(kinds))(
    'a convolution of %s has the values and gradients of its definition',
    async (_, kind) => {
      await fc.assert(
        fc.asyncProperty(axis, axis, fc.boolean(), async (rows, columns, twice) => {
          const { channels, outputs, group } = kind;
          const images = twice && group > 1 ? 2 * block : block;
          const window: ConvolutionWindow = {
            kernel: [rows.kernel, columns.kernel],
            strides: [rows.stride, columns.stride],
            dilations: [1, 1],
            padsBegin: [rows.begin, columns.begin],
            padsEnd: [rows.end, columns.end],
            group,
          };
          const shapes = {
            x: [images, channels, rows.extent, columns.extent],
            weight: [outputs, channels / group, ...window.kernel],
          };
          const x = { shape: shapes.x, data: normal(sizeOf(shapes.x), 1) };
          const weight = { shape: shapes.weight, data: normal(sizeOf(shapes.weight), 2) };
          const bias = { shape: [outputs], data: normal(outputs, 3) };
          const pads = [...window.padsBegin, ...window.padsEnd];
          const {
            outputs: got,
            shape,
            dy,
            types,
          } = await throughTiles({ x, weight, bias }, ({ graph }, given) => [
            graph.op('Conv', [given['x']!, given['weight']!, given['bias']!], { strides: window.strides, pads, group }),
          ]);
          const plane = shape[2]! * shape[3]!;
          fc.pre(plane > 1 && rows.extent * columns.extent > 1);
          expect(types).toContain('Conv');
          const y = Array.from(
            { length: sizeOf(shape) },
            (__, index) => bias.data[Math.floor(index / plane) % outputs]!,
          );
          const [dx, dw] = [x.data.map(() => 0), weight.data.map(() => 0)];
          eachProduct(x.shape, weight.shape, shape, window, (from, tap, to) => {
            y[to]! += x.data[from]! * weight.data[tap]!;
            dx[from]! += dy[to]! * weight.data[tap]!;
            dw[tap]! += dy[to]! * x.data[from]!;
          });
          const db = bias.data.map(() => 0);
          for (const [index, value] of dy.entries()) db[Math.floor(index / plane) % outputs]! += value;
          expect(distance(numbers(got['result0']), y)).toBeLessThan(3e-6);
          expect(distance(numbers(got['grad/x']), dx)).toBeLessThan(3e-6);
          expect(distance(numbers(got['grad/weight']), dw)).toBeLessThan(3e-6);
          expect(distance(numbers(got['grad/bias']), db)).toBeLessThan(3e-6);
        }),
        { numRuns: 30 },
      );
    },
  );

  test.each([
    ['a mean of no size', 0],
    ['a mean of 30 deviations', 30],
    ['a mean of 1,000 deviations', 1000],
  ])('batch statistics with %s are those of float64', async (_, offset) => {
    const [channels, images, extent] = [block + 4, 4 * block, 3];
    const shape = [images, channels, extent, extent];
    // Sorted images: the first ones, from which the distance is taken, are the farthest from the mean.
    const drift = (index: number) => offset + index / sizeOf(shape) - 0.5;
    const x = { shape, data: normal(sizeOf(shape), 1).map((value, index) => Math.fround(value + drift(index))) };
    const scale = { shape: [channels], data: normal(channels, 2) };
    const bias = { shape: [channels], data: normal(channels, 3) };
    // A convolution that changes nothing, to have the normalisation over tiles.
    const one = { shape: [channels, 1, 1, 1], data: new Array<number>(channels).fill(1) };
    const { outputs, dy } = await throughTiles({ x, one, scale, bias }, (math, given) => {
      const same = math.graph.op('Conv', [given['x']!, given['one']!], { group: channels });
      const { output, mean, variance } = CPU.batchNormalization(math, same, given['scale']!, given['bias']!, 1e-5);
      return [output, mean, variance];
    });
    const plane = extent * extent;
    const count = images * plane;
    const of = (index: number) => Math.floor(index / plane) % channels;
    const mean = new Array<number>(channels).fill(0);
    const variance = new Array<number>(channels).fill(0);
    for (const [index, value] of x.data.entries()) mean[of(index)]! += value / count;
    for (const [index, value] of x.data.entries()) variance[of(index)]! += (value - mean[of(index)]!) ** 2 / count;
    const inverse = variance.map((value) => 1 / Math.sqrt(value + 1e-5));
    const normalized = x.data.map((value, index) => (value - mean[of(index)]!) * inverse[of(index)]!);
    const y = normalized.map((value, index) => value * scale.data[of(index)]! + bias.data[of(index)]!);
    const [sums, products] = [mean.map(() => 0), mean.map(() => 0)];
    for (const [index, value] of dy.entries()) {
      sums[of(index)]! += value;
      products[of(index)]! += value * normalized[index]!;
    }
    const dx = dy.map((value, index) => {
      const channel = of(index);
      const moved = sums[channel]! / count + (normalized[index]! * products[channel]!) / count;
      return scale.data[channel]! * inverse[channel]! * (value - moved);
    });
    expect(distance(numbers(outputs['result1']), mean)).toBeLessThan(1e-6);
    expect(distance(numbers(outputs['result2']), variance)).toBeLessThan(3e-6);
    expect(distance(numbers(outputs['result0']), y)).toBeLessThan(offset > 100 ? 3e-5 : 3e-6);
    expect(distance(numbers(outputs['grad/x']), dx)).toBeLessThan(offset > 100 ? 3e-5 : 3e-6);
    expect(distance(numbers(outputs['grad/scale']), products)).toBeLessThan(offset > 100 ? 3e-5 : 3e-6);
    expect(distance(numbers(outputs['grad/bias']), sums)).toBeLessThan(3e-6);
  });

  test.each([
    ['blocks', { kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] }],
    ['blocks of unequal sides', { kernel: [3, 2], strides: [3, 2], pads: [0, 0, 0, 0] }],
    ['windows that overlap', { kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }],
    ['windows that overlap without padding', { kernel: [3, 2], strides: [1, 1], pads: [0, 0, 0, 0] }],
    ['windows with gaps between', { kernel: [1, 2], strides: [2, 3], pads: [0, 1, 0, 0] }],
  ])('elements of %s that are the maximum together share its gradient', async (_, { kernel, strides, pads }) => {
    const shape = [block, block, 6, 6];
    const draws = random(3, STREAMS.user);
    // Few different numbers, below zero too.
    const x = { shape, data: Array.from({ length: sizeOf(shape) }, () => Math.floor(3 * draws.uniform()) - 2) };
    const one = { shape: [block, 1, 1, 1], data: new Array<number>(block).fill(1) };
    const {
      outputs,
      shape: outside,
      dy,
    } = await throughTiles({ x, one }, ({ graph }, given) => [
      graph.op('MaxPool', [graph.op('Conv', [given['x']!, given['one']!], { group: block })], {
        kernel_shape: kernel,
        strides,
        pads,
      }),
    ]);
    const window = { kernel, strides, dilations: [1, 1], padsBegin: pads.slice(0, 2), padsEnd: pads.slice(2) };
    const expected = maxPoolGradient(x.data, shape, dy, outside, window);
    expect(distance(numbers(outputs['grad/x']), expected)).toBeLessThan(1e-6);
  });
});

describe.skipIf(!MACHINE_BLOCK)(`a residual block ${ON_TILES}`, () => {
  test.each([
    ['with a shortcut', true, false],
    ['that adds what it reads', false, false],
    ['with frozen normalisations', true, true],
  ])('%s has the gradients of the plain one', async (_, shortcut, frozen) => {
    const [channels, outputs, stride] = shortcut ? [block, block + 8, 2] : [block, block, 1];
    const shapes = {
      x: [2 * block, channels, 6, 6],
      weight1: [outputs, channels, 3, 3],
      weight2: [outputs, outputs, 3, 3],
      ...(shortcut && { weight3: [outputs, channels, 1, 1] }),
      scale: [outputs],
      bias: [outputs],
    };
    const given = Object.entries(shapes).map(([name, shape], index) => {
      return [name, { shape, data: normal(sizeOf(shape), index) }] as const;
    });
    const forward: Forward = (math, { x, weight1, weight2, weight3, scale, bias }) => {
      const stored = (place: number) =>
        math.graph.constant(
          float32(
            [outputs],
            normal(outputs, place).map((v) => v * v),
          ),
        );
      const norm = (value: Value) =>
        frozen
          ? math.graph.op('BatchNormalization', [value, scale!, bias!, stored(7), stored(8)])
          : CPU.batchNormalization(math, value, scale!, bias!, 1e-5).output;
      const conv = (value: Value, weight: Value, pad: number, strides: number) =>
        norm(math.graph.op('Conv', [value, weight], { pads: [pad, pad, pad, pad], strides: [strides, strides] }));
      // What it reads lies in tiles already, as within a network.
      const read = math.graph.op('Relu', [math.graph.op('MaxPool', [x!], { kernel_shape: [1, 1] })]);
      const inner = math.graph.op('Relu', [conv(read, weight1!, 1, stride)]);
      const aside = weight3 ? conv(read, weight3, 0, stride) : read;
      return [math.graph.op('Relu', [math.add(conv(inner, weight2!, 1, 1), aside)])];
    };
    const [tiled, plain] = [
      await throughTiles(Object.fromEntries(given), forward),
      await throughTiles(Object.fromEntries(given), forward, true),
    ];
    expect(plain.types).toEqual([]);
    expect(Object.keys(tiled.outputs).length).toBe(given.length + 1);
    for (const [name, value] of Object.entries(plain.outputs))
      expect(distance(numbers(tiled.outputs[name]), numbers(value)), name).toBeLessThan(1e-5);
  });
});

describe('a forward pass', () => {
  const convolved = (shape: readonly (number | string)[], dtype: 'float32' | 'float64' = 'float32') => {
    const graph = new GraphBuilder('source');
    const x = graph.input('x', dtype, shape);
    const weight = graph.input('weight', dtype, [16, 3, 3, 3]);
    return { graph, y: graph.op('Conv', [x, weight]) };
  };

  test.each([
    ['whose number of images is not known', ['N', 3, 8, 8], 'float32'],
    ['whose images fill no tile', [12, 3, 8, 8], 'float32'],
    ['of images of unknown extents', [16, 3, 'H', 8], 'float32'],
    ['of a pixel each', [16, 3, 3, 3], 'float32'],
    ['in float64', [16, 3, 8, 8], 'float64'],
  ] as const)('%s stays as it is', (_, shape, dtype) => {
    const { graph, y } = convolved(shape, dtype);
    expect(layOut(graph, [y], { blockSize: 16 }).graph).toBe(graph);
  });

  test('is the same bytes whenever it is laid out', () => {
    const bytes = () => {
      const { graph, y } = convolved([32, 3, 8, 8]);
      return JSON.stringify(layOut(graph, [y], { blockSize: 16 }).graph.nodes.map(({ name, type }) => [name, type]));
    };
    expect(bytes()).toBe(bytes());
  });

  test('refuses block sizes that no machine has', () => {
    const { graph, y } = convolved([32, 3, 8, 8]);
    expect(() => layOut(graph, [y], { blockSize: 1 })).toThrow(/multiple of 4/);
  });
});
