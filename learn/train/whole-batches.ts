/** The graph that whole batches are trained on, where the CPU computes convolutions faster in a layout of its own. */
import type { Device } from '../device.js';
import { cpuLayoutOf } from '../lowerings/blocked/block-size.js';
import { randomShape } from '../models/index.js';
import { type TrainingGraph, type TrainingGraphOptions, trainingGraph } from '../training-graph/index.js';
import { stepGraph } from './step-graph.js';

/** Of ONNX Runtime's operators over blocks of channels. */
const BLOCKED_OPERATORS = 'com.microsoft.nchwc';

/** Rows, and how many of them a batch has. */
export interface BatchedRows {
  readonly count: number;
  readonly batchSize: number;
}

/**
 * The plain graph in another form, for batches of exactly `batchSize` rows: the same state, in the same order; results that differ by
 * rounding. Nothing where no batch is whole, where the machine has no such layout or the size of a batch does not fit it, and where no
 * convolution of the network goes into it.
 * @throws OnnxError when the network does not take batches of so many rows
 */
export async function wholeBatchGraph(
  device: Device,
  plain: TrainingGraph,
  options: TrainingGraphOptions,
  { count, batchSize }: BatchedRows,
): Promise<TrainingGraph | undefined> {
  const convolves = plain.model.graph?.node.some(({ opType }) => opType === 'Conv') ?? false;
  if (!convolves || count < batchSize) return undefined;
  const cpuLayout = await cpuLayoutOf(device);
  if (!cpuLayout || batchSize % cpuLayout.blockSize !== 0) return undefined;
  const whole = trainingGraph({ ...options, batch: batchSize, cpuLayout });
  // The layout was of no use: one graph for all batches is less to hold.
  if (!whole.model.graph?.node.some(({ domain }) => domain === BLOCKED_OPERATORS)) return undefined;
  checkSameState(plain, whole, batchSize);
  return whole;
}

/**
 * A state goes from one graph to the other within an epoch: had they others, weights would be mixed up without a word.
 * @throws Error
 */
export function checkSameState(plain: TrainingGraph, whole: TrainingGraph, batchSize: number): void {
  const differs = (['state', 'random'] as const).find((part) => {
    const [one, other] = [plain, whole].map((graph) => JSON.stringify(carriedOver(graph, batchSize)[part]));
    return one !== other;
  });
  if (differs === undefined) return;
  throw new Error(
    `the graph of whole batches has another ${differs === 'state' ? 'state' : 'order of random numbers'} than that of any number of rows: this is a fault of the package, please report it with the network; a batch_size that is no multiple of 8 does without the first one`,
  );
}

function carriedOver(graph: TrainingGraph, batchSize: number) {
  const { state, random, rows } = stepGraph(graph);
  return {
    state: state.map(({ name, role, dtype, shape }) => [name, role, dtype, shape]),
    random: random.map((mask) => [mask.input, randomShape(mask, { [rows]: batchSize }), mask.keep]),
  };
}
