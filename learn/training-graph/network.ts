/** The forward pass: the network, with parameters and running statistics as inputs, in the words of the provider. */

import { decomposeBehind } from '../autodiff/index.js';
import type { Lowerings } from '../lowerings/index.js';
import { lowerDropout, type RandomInput } from '../models/index.js';
import { Arithmetic, type GraphBuilder, importModel, isFloat, OnnxError, type Value } from '../onnx/index.js';
import { withBatch } from './blocked-layout.js';
import { halfPrecisionInputs } from './half-precision.js';
import {
  frozenBatchNormalization,
  type RunningStatistic,
  statisticsOf,
  trainBatchNormalization,
  trainedStatistics,
} from './layer-statistics.js';
import type { TrainingGraphOptions } from './options.js';

/** The network in the graph. */
export interface Network {
  readonly logits: Value;
  /** Names of its own inputs. */
  readonly inputs: readonly string[];
  /** In the order in which the forward pass first reads them. */
  readonly parameters: readonly Value[];
  readonly statistics: readonly RunningStatistic[];
  readonly random: readonly RandomInput[];
}

/** @param half whether products are computed in float16 */
export function importNetwork(
  graph: GraphBuilder,
  lowerings: Lowerings,
  { model, batchStatistics = 'trained', batch }: TrainingGraphOptions,
  trainable: ReadonlySet<string>,
  half: boolean,
): Network {
  const math = new Arithmetic(graph);
  const random: RandomInput[] = [];
  const parameters = new Map<string, Value>();
  const statistics = new Map<string, RunningStatistic>();
  const moving = batchStatistics === 'trained' ? trainedStatistics(model, trainable) : new Set<string>();
  const decompose = decomposeBehind(graph, trainable);
  let rows: Value['shape'][number] | undefined;
  const { outputs } = importModel(graph, model, {
    ...(batch !== undefined && {
      replaceInput(name, type) {
        rows ??= type.shape[0];
        const { dtype, shape } = withBatch(type, rows, batch);
        return graph.input(name, dtype, shape);
      },
    }),
    replaceInitializer(tensor, type) {
      const name = tensor.name ?? '';
      if (moving.has(name)) {
        const input = graph.input(name, type.dtype, type.shape);
        statistics.set(name, { name, input, next: input });
        return input;
      }
      if (!trainable.has(name)) return undefined;
      const value = graph.input(name, type.dtype, type.shape);
      parameters.set(value.name, value);
      return value;
    },
    ...(half && { replaceInputs: halfPrecisionInputs(math) }),
    lower(node, inputs) {
      // First, because it follows every node on the way of the gradient.
      const decomposed = decompose(node, inputs);
      if (decomposed) return decomposed;
      if (node.opType === 'Dropout') {
        const lowered = lowerDropout(graph, node, inputs);
        if (lowered.random) random.push(lowered.random);
        return lowered.kept ? [lowered.output, lowered.kept] : [lowered.output];
      }
      if (statisticsOf(node).some((name) => statistics.has(name)))
        return trainBatchNormalization(graph, lowerings, node, inputs, statistics);
      if (statisticsOf(node).length > 0) return frozenBatchNormalization(graph, node, inputs);
      const type = node.opType ?? '';
      return Object.hasOwn(lowerings.operators, type) ? lowerings.operators[type]!(math, node, inputs) : undefined;
    },
  });
  const [logits] = outputs;
  const own = graph.inputs
    .map(({ name }) => name)
    .filter((name) => !parameters.has(name) && !statistics.has(name) && !random.some(({ input }) => input === name));
  if (!logits || own.length === 0) throw new OnnxError('a network to train has an input and an output');
  return {
    logits,
    inputs: own,
    parameters: inForwardOrder(graph, parameters),
    statistics: [...statistics.values()],
    random,
  };
}

function inForwardOrder(graph: GraphBuilder, parameters: ReadonlyMap<string, Value>): Value[] {
  const read = graph.nodes.flatMap(({ inputs }) => inputs).filter((value) => value !== undefined);
  const ordered = new Set([...read, ...parameters.values()].filter(({ name }) => parameters.has(name)));
  if (ordered.size === 0)
    throw new OnnxError(
      'there is nothing to train: the model has no floating-point parameter, or `trainable` is empty',
    );
  const whole = [...ordered].find(({ dtype }) => !isFloat(dtype));
  if (whole) throw new OnnxError(`"${whole.name}" holds ${whole.dtype}: only floating-point tensors can be trained`);
  return [...ordered];
}
