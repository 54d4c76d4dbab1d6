/** Turns a network into the graph of one training step: forward, loss, backward and update in one, state in and state out. */
import { createHash } from 'node:crypto';
import type { DType, Tensor } from '../runtime/tensor.js';
import { reverseWalk } from './autodiff/index.js';
import { type LossSettings, lossRule } from './losses/index.js';
import { isParameter, lowerDropout, type RandomInput } from './models/index.js';
import {
  Arithmetic,
  fromTensorProto,
  GraphBuilder,
  importModel,
  isFloat,
  type ModelProto,
  OnnxError,
  type Value,
  writeModel,
} from './onnx/index.js';
import { clipByGlobalNorm, emitUpdates, type OptimizerSettings, type StateSlot } from './optimizers/index.js';

export { withParameters } from './models/index.js';

/** What a training graph is made from. */
export interface TrainingGraphOptions {
  /** The network: its first input is the batch, its first output what the loss judges. */
  readonly model: ModelProto;
  readonly loss: LossSettings;
  readonly optimizer: OptimizerSettings;
  /** Names of the stored tensors to train. `all` (the default): every floating-point one, scalars apart, that the loss depends on. */
  readonly trainable?: readonly string[] | 'all';
  /** Largest norm of all gradients together. */
  readonly clipNorm?: number;
  /** Gives the graph an input of weights for the rows of a batch. A padding row has the weight 0. */
  readonly sampleWeights?: boolean;
}

/** A tensor that goes in and comes out changed: the next step is fed as `input` what this one gave as `output`. */
export interface TrainingState {
  readonly name: string;
  readonly input: string;
  readonly output: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly initial: Tensor;
  readonly role: StateSlot['role'];
}

/** One training step as an ONNX model, with the names of what goes in and what comes out. */
export interface TrainingGraph {
  readonly bytes: Uint8Array;
  readonly model: ModelProto;
  /** SHA-256 of the bytes, hexadecimal. State belongs to the graph with the same hash. */
  readonly hash: string;
  readonly inputs: {
    /** The batch: the network's first input. */
    readonly x: string;
    /** All inputs of the network. */
    readonly network: readonly string[];
    /** int64 [N]. */
    readonly labels: string;
    /** Scalar of the parameters' type. */
    readonly learningRate: string;
    /** [N]; only where they were asked for. */
    readonly sampleWeights?: string;
  };
  readonly outputs: {
    /** Scalar: the mean loss of the batch, before the update. */
    readonly loss: string;
    /** The network's first output, before the update. */
    readonly logits: string;
  };
  readonly state: readonly TrainingState[];
  /** Inputs to fill with random numbers in every step. */
  readonly random: readonly RandomInput[];
}

/**
 * The graph of one step. The same options give the same bytes.
 *
 * The updates, in the order in which the forward pass uses the parameters, are the last nodes: onnxruntime orders nodes by depth first from the
 * leaves, and this order lets it free each gradient early (267 instead of 662 MB for a 128-layer network).
 *
 * @throws OnnxError when an option does not fit the network, or an operator on the way has no derivative
 */
export function trainingGraph(options: TrainingGraphOptions): TrainingGraph {
  const { model } = options;
  const names = trainableNames(options);
  const graph = new GraphBuilder('training');
  const random: RandomInput[] = [];
  const parameters = new Map<string, Value>();
  const { outputs } = importModel(graph, model, {
    replaceInitializer(tensor, type) {
      if (!names.has(tensor.name ?? '')) return undefined;
      const value = graph.input(tensor.name ?? '', type.dtype, type.shape);
      parameters.set(value.name, value);
      return value;
    },
    lower(node, inputs) {
      if (node.opType !== 'Dropout') return undefined;
      const lowered = lowerDropout(graph, node, inputs);
      if (lowered.random) random.push(lowered.random);
      return [lowered.output];
    },
  });
  const network = graph.inputs
    .map(({ name }) => name)
    .filter((name) => !parameters.has(name) && !random.some(({ input }) => input === name));
  const [logits] = outputs;
  const [x] = network;
  if (!logits || x === undefined) throw new OnnxError('a network to train has an input and an output');

  const { loss, labels, sampleWeights } = emitLoss(graph, options, logits);
  const ordered = inForwardOrder(graph, parameters);
  const gradients = reverseWalk(graph, loss, new Arithmetic(graph).onesLike(loss), ordered);
  const without = ordered.filter((_, index) => gradients[index] === undefined).map(({ name }) => name);
  if (without.length > 0) return withoutIdle(options, ordered, without);

  const learningRate = graph.input(
    graph.names.unused('learning_rate'),
    ordered[0]!.dtype === 'float64' ? 'float64' : 'float32',
    [],
  );
  const slots = update(graph, options, ordered, gradients as Value[], learningRate);
  const named = { loss: graph.output(loss).name, logits: graph.output(logits, model.graph?.output[0]?.name).name };
  for (const { output } of slots) graph.output(output);
  const trained = graph.toModel();
  const bytes = writeModel(trained);
  return {
    bytes,
    model: trained,
    hash: createHash('sha256').update(bytes).digest('hex'),
    inputs: {
      x,
      network,
      labels: labels.name,
      learningRate: learningRate.name,
      ...(sampleWeights && { sampleWeights: sampleWeights.name }),
    },
    outputs: named,
    state: slots.map((slot) => describe(slot, model)),
    random,
  };
}

function trainableNames({ model, trainable = 'all' }: TrainingGraphOptions): ReadonlySet<string> {
  const stored = model.graph?.initializer ?? [];
  if (trainable === 'all') return new Set(stored.filter(isParameter).map(({ name }) => name ?? ''));
  for (const name of trainable) {
    const tensor = stored.find((entry) => entry.name === name);
    if (!tensor)
      throw new OnnxError(
        `the model has no stored tensor "${name}" to train: it has ${stored.map((entry) => entry.name).join(', ')}`,
      );
  }
  return new Set(trainable);
}

function emitLoss(graph: GraphBuilder, { loss, sampleWeights }: TrainingGraphOptions, logits: Value) {
  const rule = lossRule(loss);
  return graph.names.within('loss', () => {
    const labels = rule.target(graph, graph.names.unused('labels'), logits);
    const weights = sampleWeights
      ? graph.input(graph.names.unused('sample_weights'), logits.dtype, labels.shape)
      : undefined;
    const scalar = rule.emit(graph, logits, labels, loss, weights);
    return {
      loss: graph.op('Identity', [scalar], {}, { name: graph.names.unused('loss') }),
      labels,
      sampleWeights: weights,
    };
  });
}

/** The parameters in the order in which the forward pass first reads them. */
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

/** Tensors that the loss does not depend on stay as they are stored; asked for by name, they are a mistake. */
function withoutIdle(options: TrainingGraphOptions, all: readonly Value[], idle: readonly string[]): TrainingGraph {
  if (options.trainable !== undefined && options.trainable !== 'all') {
    throw new OnnxError(
      `the loss does not depend on ${idle.map((name) => `"${name}"`).join(', ')}: take it out of \`trainable\``,
    );
  }
  const trainable = all.map(({ name }) => name).filter((name) => !idle.includes(name));
  if (trainable.length === 0)
    throw new OnnxError('there is nothing to train: the loss depends on no parameter of the model');
  return trainingGraph({ ...options, trainable });
}

function update(
  graph: GraphBuilder,
  { optimizer, clipNorm }: TrainingGraphOptions,
  parameters: readonly Value[],
  gradients: readonly Value[],
  learningRate: Value,
): StateSlot[] {
  return graph.names.within('update', () => {
    const clipped = clipNorm === undefined ? gradients : clipByGlobalNorm(new Arithmetic(graph), gradients, clipNorm);
    const trainables = parameters.map((parameter, index) => ({
      name: parameter.name,
      parameter,
      gradient: clipped[index]!,
    }));
    return emitUpdates(graph, optimizer, trainables, learningRate);
  });
}

function describe({ name, role, input, output, initial }: StateSlot, model: ModelProto): TrainingState {
  const stored = model.graph?.initializer.find((tensor) => tensor.name === name);
  const first = initial ?? fromTensorProto(stored!);
  return { name, input: input.name, output: output.name, dtype: first.dtype, shape: first.shape, initial: first, role };
}
