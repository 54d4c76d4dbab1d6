/** Batch normalisation in training: the batch's own statistics, and the running ones as state of the training. */
import type { Lowerings } from '../lowerings/index.js';
import {
  Arithmetic,
  type GraphBuilder,
  type ModelProto,
  type NodeProto,
  OnnxError,
  type Value,
} from '../onnx/index.js';
import { formatShape, multiplyDims } from '../onnx/shape.js';

/** A running statistic: what a step is fed, and what it makes of it. */
export interface RunningStatistic {
  readonly name: string;
  readonly input: Value;
  next: Value;
}

/** ONNX's default share of the old running statistic that a step keeps. */
const DEFAULT_MOMENTUM = 0.9;
const DEFAULT_EPSILON = 1e-5;

/** The names that a batch normalisation reads as its running mean and variance. */
export function statisticsOf(node: NodeProto): readonly string[] {
  return node.opType === 'BatchNormalization' ? node.input.slice(3, 5) : [];
}

/** Whether a stored tensor is the running mean or variance of a layer: never trained by gradients. */
export function isLayerStatistic(model: ModelProto, name: string): boolean {
  return model.graph?.node.some((node) => statisticsOf(node).includes(name)) ?? false;
}

/** The names of the statistics of the layers that a training normalises by the batch. */
export function trainedStatistics(model: ModelProto, trainable: ReadonlySet<string>): ReadonlySet<string> {
  const layers = model.graph?.node.filter(
    (node) => node.opType === 'BatchNormalization' && node.input.slice(1, 3).some((name) => trainable.has(name)),
  );
  return new Set(layers?.flatMap(statisticsOf));
}

/**
 * The layer with the statistics of the batch. The running ones move as PyTorch's: towards the mean, and towards the unbiased
 * variance, n / (n - 1) times the one that the batch is normalised with.
 *
 * A channel of a batch must have two values or more: one alone is its own mean, and whatever it is, the layer makes its bias of it. Where
 * the shapes tell so before the run, it is refused; in a batch of one row that only the run knows, such a layer learns nothing.
 *
 * @param running by name; entries are moved on
 * @returns the normalised batch, and the new running statistics where the node gives them out
 * @throws OnnxError where the statistics are not stored tensors, the channels are not known, or a channel has one value only
 */
export function trainBatchNormalization(
  graph: GraphBuilder,
  lowerings: Lowerings,
  node: NodeProto,
  inputs: readonly (Value | undefined)[],
  running: ReadonlyMap<string, RunningStatistic>,
): readonly Value[] {
  const math = new Arithmetic(graph);
  const where = `node "${node.name || node.output[0]}" (BatchNormalization)`;
  const [x, scale, bias] = inputs;
  const [mean, variance] = statisticsOf(node).map((name) => running.get(name));
  if (!x || !scale || !bias || !mean || !variance)
    throw new OnnxError(`${where} can be trained only where its running mean and variance are stored tensors`);
  const channels = [x.shape[1], scale.shape[0]].find((extent) => typeof extent === 'number');
  if (typeof channels !== 'number') throw new OnnxError(`${where}: the number of its channels must be known`);
  checkValues(where, x);
  const attribute = (name: string) => node.attribute.find((entry) => entry.name === name)?.f;
  const kept = attribute('momentum') ?? DEFAULT_MOMENTUM;
  const epsilon = attribute('epsilon') ?? DEFAULT_EPSILON;
  return graph.names.within(node.name || node.output[0] || 'batch_normalization', () => {
    const batch = lowerings.batchNormalization(math, x, scale, bias, Number(epsilon.toPrecision(7)));
    const count = math.div(math.cast(graph.op('Size', [x]), 'float32'), channels);
    const unbiased = math.cast(math.div(count, math.max(math.sub(count, 1), 1)), batch.variance.dtype);
    const move = (statistic: RunningStatistic, towards: Value): Value => {
      // The share is stored as float32: 1 - 0.9 is to be 0.1.
      const share = Number((1 - kept).toPrecision(7));
      const old = math.mul(statistic.next, 1 - share);
      const moved = math.add(old, math.mul(math.cast(towards, statistic.input.dtype), share));
      statistic.next = moved;
      return moved;
    };
    return [batch.output, move(mean, batch.mean), move(variance, math.mul(batch.variance, unbiased))];
  });
}

/** @throws OnnxError where a channel has one value in every batch */
function checkValues(where: string, { shape }: Value): void {
  if (shape.length < 2)
    throw new OnnxError(`${where}: in training its input is [N, C, ...], not ${formatShape(shape)}`);
  if (multiplyDims(shape.toSpliced(1, 1)) !== 1) return;
  throw new OnnxError(
    `${where}: its input ${formatShape(shape)} has one value for each channel, whose variance is 0: train with batches of 2 rows or more, or with larger images, or leave its scale and bias out of \`trainable\``,
  );
}

/**
 * The layer with the statistics that the model stores, also where its file was written in training mode.
 * `undefined`: the node does that as it is.
 */
export function frozenBatchNormalization(
  graph: GraphBuilder,
  node: NodeProto,
  [x, scale, bias, mean, variance]: readonly (Value | undefined)[],
): readonly Value[] | undefined {
  const attribute = (name: string) => node.attribute.find((entry) => entry.name === name);
  if (!attribute('training_mode')?.i || !mean || !variance) return undefined;
  const epsilon = attribute('epsilon')?.f ?? DEFAULT_EPSILON;
  const output = graph.names.within(node.name || node.output[0] || 'batch_normalization', () =>
    graph.op('BatchNormalization', [x, scale, bias, mean, variance], { epsilon }),
  );
  return [output, mean, variance];
}
