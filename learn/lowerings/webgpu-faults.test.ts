import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onWebgpu, webgpuAvailable } from '../../fixtures/webgpu.js';
import { elementCount, type Tensor } from '../../runtime/tensor.js';
import { float32, numbers, runModel } from '../onnx/fixtures/run-model.js';
import { openWebgpu, type Webgpu } from '../onnx/fixtures/webgpu-model.js';
import { Arithmetic, GraphBuilder, type ModelProto, writeModel } from '../onnx/index.js';
import { random, STREAMS } from '../random.js';
import { nodesForCpu, nodesForCpuOf } from './webgpu-faults.js';

interface Row {
  readonly title: string;
  readonly operator: string;
  readonly shapes: readonly (readonly number[])[];
  readonly attributes?: Parameters<GraphBuilder['op']>[2];
  /** An int64 list behind the tensors. */
  readonly list?: readonly number[];
  readonly outputs?: number;
  /** Values lie between this number and its negative; 2 when left out. */
  readonly within?: number;
}

const GROUPED = { group: 2 } as const;

/** Computed wrongly, or refused. */
const FAULTY: readonly Row[] = [
  {
    title: 'a convolution in groups of 5',
    operator: 'Conv',
    shapes: [
      [2, 4, 5, 5],
      [10, 2, 3, 3],
    ],
    attributes: GROUPED,
  },
  {
    title: 'a convolution in groups of 6, of series',
    operator: 'Conv',
    shapes: [
      [2, 4, 9],
      [12, 2, 3],
    ],
    attributes: GROUPED,
  },
  {
    title: 'transposed groups of two to one',
    operator: 'ConvTranspose',
    shapes: [
      [2, 4, 4, 4],
      [4, 1, 3, 3],
    ],
    attributes: GROUPED,
  },
  {
    title: 'transposed groups of two to one, of series',
    operator: 'ConvTranspose',
    shapes: [
      [2, 4, 5],
      [4, 1, 3],
    ],
    attributes: GROUPED,
  },
  {
    title: 'a transposed convolution of three axes',
    operator: 'ConvTranspose',
    shapes: [
      [1, 2, 3, 3, 3],
      [2, 1, 2, 2, 2],
    ],
  },
  {
    title: 'an axis that is repeated',
    operator: 'Einsum',
    shapes: [
      [3, 1],
      [4, 5],
    ],
    attributes: { equation: 'ij,jk->ik' },
  },
  {
    title: 'a wrap that cuts off',
    operator: 'Pad',
    shapes: [[3, 2, 4]],
    attributes: { mode: 'wrap' },
    list: [0, 1, -1, 0, 0, 2],
  },
  {
    title: 'statistics of the batch',
    operator: 'BatchNormalization',
    shapes: [[3, 2, 4], [2], [2], [2], [2]],
    attributes: { training_mode: 1 },
    outputs: 3,
  },
  {
    title: 'a scale that is repeated',
    operator: 'LayerNormalization',
    shapes: [[3, 2, 4], [4], [4]],
    attributes: { axis: 1 },
  },
  { title: 'exponentials beyond all bounds', operator: 'ReduceLogSumExp', shapes: [[3, 4]], within: 200 },
];

/** Near the faulty ones, and right. */
const RIGHT: readonly Row[] = [
  {
    title: 'a convolution in groups of 3',
    operator: 'Conv',
    shapes: [
      [2, 4, 5, 5],
      [6, 2, 3, 3],
    ],
    attributes: GROUPED,
  },
  {
    title: 'a convolution in groups of 8',
    operator: 'Conv',
    shapes: [
      [2, 4, 5, 5],
      [16, 2, 3, 3],
    ],
    attributes: GROUPED,
  },
  {
    title: 'a group a channel',
    operator: 'Conv',
    shapes: [
      [2, 5, 5, 5],
      [5, 1, 3, 3],
    ],
    attributes: { group: 5 },
  },
  {
    title: 'a convolution of 10 without groups',
    operator: 'Conv',
    shapes: [
      [2, 4, 5, 5],
      [10, 4, 3, 3],
    ],
  },
  {
    title: 'transposed, a group a channel',
    operator: 'ConvTranspose',
    shapes: [
      [2, 4, 4, 4],
      [4, 1, 3, 3],
    ],
    attributes: { group: 4 },
  },
  {
    title: 'transposed groups of two to three',
    operator: 'ConvTranspose',
    shapes: [
      [2, 4, 4, 4],
      [4, 3, 3, 3],
    ],
    attributes: GROUPED,
  },
  {
    title: 'two channels to one without groups',
    operator: 'ConvTranspose',
    shapes: [
      [2, 2, 4, 4],
      [2, 1, 3, 3],
    ],
  },
  {
    title: 'axes of one on both sides',
    operator: 'Einsum',
    shapes: [
      [3, 1],
      [1, 5],
    ],
    attributes: { equation: 'ij,jk->ik' },
  },
  {
    title: 'a wrap on both sides',
    operator: 'Pad',
    shapes: [[3, 2, 4]],
    attributes: { mode: 'wrap' },
    list: [0, 1, 1, 0, 0, 2],
  },
  { title: 'running statistics', operator: 'BatchNormalization', shapes: [[3, 2, 4], [2], [2], [2], [2]], within: 1 },
  {
    title: 'a scale of two axes',
    operator: 'LayerNormalization',
    shapes: [
      [3, 2, 4],
      [2, 4],
      [2, 4],
    ],
    attributes: { axis: 1 },
  },
];

function build({ operator, shapes, attributes = {}, list, outputs = 1, within = 2 }: Row) {
  const graph = new GraphBuilder(operator);
  const feeds: Record<string, Tensor> = {};
  const inputs = shapes.map((shape, index) => {
    const draws = random(5, STREAMS.user, index);
    // Variances are positive: the others may be.
    const least = operator === 'BatchNormalization' ? 0.2 : -within;
    const data = Array.from({ length: elementCount(shape) }, () => least + (within - least) * draws.uniform());
    feeds[`x${index}`] = float32(shape, data);
    return graph.input(`x${index}`, 'float32', shape);
  });
  const behind = list ? [new Arithmetic(graph).integers(list)] : [];
  const [y] = graph.ops(operator, [...inputs, ...behind], attributes, outputs);
  graph.output(y!, 'y');
  return { model: graph.toModel(), feeds, nodesOnCpu: nodesForCpu(graph.nodes) };
}

describe('what WebGPU must leave to the CPU', () => {
  test.each(FAULTY)('$operator: $title', (row) => {
    expect(build(row).nodesOnCpu).toHaveLength(1);
  });

  test.each(RIGHT)('and what it need not: $operator, $title', (row) => {
    expect(build(row).nodesOnCpu).toEqual([]);
  });

  test('is the same of the file', () => {
    for (const row of [...FAULTY, ...RIGHT]) {
      const { model, nodesOnCpu } = build(row);
      expect(nodesForCpuOf(writeModel(model))).toEqual(nodesOnCpu);
    }
  });

  test('a convolution whose weight the graph alone knows is left to the CPU', () => {
    const graph = new GraphBuilder('unknown');
    graph.op(
      'Conv',
      [graph.input('x', 'float32', ['N', 4, 5, 5]), graph.input('w', 'float32', ['M', 2, 3, 3])],
      GROUPED,
    );
    expect(nodesForCpu(graph.nodes)).toHaveLength(1);
  });
});

describe.skipIf(!webgpuAvailable())(onWebgpu('ONNX Runtime on WebGPU'), () => {
  let webgpu: Webgpu;
  beforeAll(async () => {
    webgpu = await openWebgpu();
  });
  afterAll(() => webgpu.release());

  async function equalsCpu(model: ModelProto, feeds: Record<string, Tensor>, nodesOnCpu: readonly string[]) {
    const expected = numbers((await runModel(model, feeds))['y']);
    const actual = await webgpu.run(model, feeds, nodesOnCpu).catch(() => undefined);
    const values = numbers(actual?.outputs['y']);
    return values.length === expected.length && values.every((value, i) => Math.abs(value - expected[i]!) < 1e-3);
  }

  test.each(FAULTY)('is wrong or refuses, and right with the node on the CPU: $operator, $title', async (row) => {
    const { model, feeds, nodesOnCpu } = build(row);
    expect([await equalsCpu(model, feeds, []), await equalsCpu(model, feeds, nodesOnCpu)]).toEqual([false, true]);
  });

  test.each(RIGHT)('is right: $operator, $title', async (row) => {
    const { model, feeds } = build(row);
    expect(await equalsCpu(model, feeds, [])).toBe(true);
  });
});
