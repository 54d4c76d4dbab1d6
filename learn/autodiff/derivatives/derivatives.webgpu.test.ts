import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onWebgpu, webgpuAvailable } from '../../../fixtures/webgpu.js';
import { elementCount, type Tensor } from '../../../runtime/tensor.js';
import { LOWERINGS } from '../../lowerings/index.js';
import { nodesForCpu } from '../../lowerings/webgpu-faults.js';
import { float32, numbers, runModel } from '../../onnx/fixtures/run-model.js';
import { openWebgpu, type Webgpu } from '../../onnx/fixtures/webgpu-model.js';
import { Arithmetic, GraphBuilder, importModel, type ModelProto } from '../../onnx/index.js';
import { random, STREAMS } from '../../random.js';
import { differentiate } from '../differentiate.js';
import { lowerForDifferentiation } from '../index.js';
import { reverseWalk } from '../reverse-walk.js';
import type { Case } from './cases/case.js';
import { CASES } from './cases/index.js';

/** Cases an operator that are tried: a shader has to be compiled for each, and without a GPU that is slow. */
const MOST = 3;

/** Cases of what WebGPU computes wrongly or refuses (`webgpu-faults.ts`), tried however many an operator has. */
const FAULTY: ReadonlySet<string> = new Set([
  'Einsum, an axis of one that is repeated: ij,jk->ik',
  'Einsum, an axis of one that is summed: ij,ij->i',
  'ReduceLogSumExp, numbers whose exponential is beyond all bounds',
  'Pad, wrap, cutting off',
  'Conv, one group a channel',
  'Conv, three axes',
  'MaxPool, three axes',
  'AveragePool, three axes',
  'LpPool, three axes, p = 3',
  'BatchNormalization, in training, by the statistics of the batch',
  'BatchNormalization, in training, where everything is read',
  'LayerNormalization, a scale that is repeated',
]);

/** Sines and what is made of them: WGSL promises 2^-11 for them, not the last digit. */
const IMPRECISE: ReadonlySet<string> = new Set(['Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Sinh', 'Cosh', 'Asinh', 'Acosh']);

/** Operators without a kernel on WebGPU: they compute on the CPU, and their inputs and outputs travel. */
const WITHOUT_KERNEL: readonly string[] = [
  ...['Celu', 'Selu', 'Shrink', 'Softsign', 'Hardmax', 'LogSoftmax', 'Mean', 'Mod', 'Round', 'Sign', 'Sum', 'IsNaN'],
  ...[
    'Compress',
    'EyeLike',
    'GatherND',
    'NonZero',
    'OneHot',
    'SpaceToDepth',
    'DepthToSpace',
    'ReverseSequence',
    'Trilu',
  ],
  ...[
    'LRN',
    'LpPool',
    'GlobalLpPool',
    'MaxUnpool',
    'MeanVarianceNormalization',
    'LpNormalization',
    'BatchNormalization',
  ],
];

/** Computed on the CPU where they make indices and shapes of integers. */
const OF_INTEGERS: readonly string[] = [
  ...['Add', 'Cast', 'Concat', 'Div', 'Equal', 'Expand', 'Gather', 'Greater', 'Less', 'Mul', 'Pad', 'Range', 'Reshape'],
  ...['ScatterElements', 'ScatterND', 'Shape', 'Size', 'Slice', 'Squeeze', 'Sub', 'Transpose', 'Unsqueeze', 'Where'],
];

interface Built {
  readonly model: ModelProto;
  readonly feeds: Record<string, Tensor>;
  readonly targets: readonly string[];
}

function build(row: Case): Built {
  const graph = new GraphBuilder(row.operator);
  const feeds: Record<string, Tensor> = {};
  const values = row.inputs.map(({ shape, values: given, from = -2, to = 2 }, index) => {
    const draws = random(7, STREAMS.user, index);
    const data = given ?? Array.from({ length: elementCount(shape) }, () => from + (to - from) * draws.uniform());
    feeds[`x${index}`] = float32(shape, data);
    return graph.input(`x${index}`, 'float32', shape);
  });
  const constants = (row.constants ?? []).map((tensor, index) => {
    feeds[`c${index}`] = tensor;
    return graph.input(`c${index}`, tensor.dtype, tensor.shape);
  });
  graph.output(row.build(graph, [...values, ...constants], new Arithmetic(graph)), 'y');
  return { model: graph.toModel(), feeds, targets: values.map(({ name }) => name) };
}

/** Forward and backward as they are written for WebGPU. */
function writtenForWebgpu({ model, targets }: Built): { model: ModelProto; nodesOnCpu: string[] } {
  const graph = new GraphBuilder('webgpu');
  const math = new Arithmetic(graph);
  const lowerings = LOWERINGS.webgpu;
  const { values, outputs } = importModel(graph, model, {
    lower: (node, inputs) =>
      lowerings.operators[node.opType ?? '']?.(math, node, inputs) ?? lowerForDifferentiation(graph, node, inputs),
  });
  const [y] = outputs;
  const seed = graph.input('grad/y', y!.dtype, y!.shape);
  const wanted = targets.map((name) => values.get(name)!);
  const gradients = reverseWalk(graph, y!, seed, wanted, lowerings);
  graph.output(y!, 'y');
  for (const [index, value] of wanted.entries())
    graph.output(gradients[index] ?? math.zerosLike(value), `grad/${targets[index]}`);
  return { model: graph.toModel(), nodesOnCpu: nodesForCpu(graph.nodes) };
}

/** The greatest difference, as a share of the greatest number. NaN where one of them is none. */
function distance(actual: readonly number[], expected: readonly number[]): number {
  const scale = Math.max(1, ...expected.map(Math.abs));
  return actual.reduce((most, value, index) => Math.max(most, Math.abs(value - expected[index]!) / scale), 0);
}

const titleOf = ({ operator, what }: Case): string => (what ? `${operator}, ${what}` : operator);

/** Some of each operator, and all that are known to go wrong. */
function chosenCases(): Case[] {
  const counts = new Map<string, number>();
  return CASES.filter((row) => {
    const count = counts.get(row.operator) ?? 0;
    if (count >= MOST && !FAULTY.has(titleOf(row))) return false;
    counts.set(row.operator, count + 1);
    return true;
  });
}

describe.skipIf(!webgpuAvailable())(onWebgpu('an operator and its gradient on WebGPU'), () => {
  let webgpu: Webgpu;
  const onCpu = new Set<string>();
  beforeAll(async () => {
    webgpu = await openWebgpu();
  });
  afterAll(() => webgpu.release());

  test.each(chosenCases().map((row) => ({ ...row, title: titleOf(row) })))(
    'are what they are on the CPU: $title',
    async (row) => {
      const built = build(row);
      const { y } = await runModel(built.model, built.feeds);
      const draws = random(11, STREAMS.user);
      const weights = Array.from({ length: y!.data.length }, () => draws.normal());
      const feeds = { ...built.feeds, 'grad/y': float32(y!.shape, weights) };
      const expected = await runModel(differentiate(built.model, { output: 'y', withRespectTo: built.targets }), feeds);
      const { model, nodesOnCpu } = writtenForWebgpu(built);
      const actual = await webgpu.run(model, feeds, nodesOnCpu);
      if (nodesOnCpu.length === 0) for (const operator of actual.onCpu) onCpu.add(operator);
      for (const [name, tensor] of Object.entries(expected)) {
        expect(actual.outputs[name]!.shape).toEqual(tensor.shape);
        const apart = distance(numbers(actual.outputs[name]), numbers(tensor));
        expect(apart, name).toBeLessThan(IMPRECISE.has(row.operator) ? 1e-3 : 1e-5);
      }
    },
  );

  test('compute on the CPU only where no kernel is known of', () => {
    const known = new Set([...WITHOUT_KERNEL, ...OF_INTEGERS]);
    expect([...onCpu].filter((operator) => !known.has(operator)).sort()).toEqual([]);
  });
});
