/** Turns a network into the graph of one training step: forward, loss, backward and update in one, state in and state out. */
import { createHash } from 'node:crypto';
import { reverseWalk } from '../autodiff/index.js';
import type { Provider } from '../device.js';
import { lossRule } from '../losses/index.js';
import { fuseProducts } from '../lowerings/fused-products.js';
import { LOWERINGS } from '../lowerings/index.js';
import { nodesForCpu } from '../lowerings/webgpu-faults.js';
import { isParameter } from '../models/index.js';
import { flatten } from '../onnx/flatten.js';
import {
  Arithmetic,
  fromTensorProto,
  GraphBuilder,
  type ModelProto,
  OnnxError,
  type Value,
  writeModel,
} from '../onnx/index.js';
import { withOwnTensors } from '../onnx/own-tensors.js';
import type { Rewritten } from '../onnx/rewrite.js';
import { simplify } from '../onnx/simplify/simplify.js';
import { placed } from './blocked-layout.js';
import { checkTrainingGraphOptions } from './check-options.js';
import { checkpoint } from './checkpointing.js';
import { hideExtents } from './hidden-extents.js';
import { isLayerStatistic } from './layer-statistics.js';
import { lossScaleInputs } from './loss-scale.js';
import { importNetwork } from './network.js';
import type { StateTensor, TrainingGraph, TrainingGraphOptions } from './options.js';
import type { Passes } from './passes.js';
import { sessionOf } from './session.js';
import type { Slot } from './slot.js';
import { storeActivationsInHalf } from './stored-activations.js';
import { emitStep, type Step } from './update.js';

const GRAPH_NAME = 'training';

/**
 * The graph of one step. The same options give the same bytes.
 *
 * The updates, in the order in which the forward pass uses the parameters, are the last nodes: onnxruntime orders nodes by depth first from the
 * leaves, and this order lets it free each gradient early (267 instead of 662 MB for a 128-layer network).
 *
 * @throws OnnxError when an option does not fit the network, or an operator on the way has no derivative
 */
export function trainingGraph(options: TrainingGraphOptions): TrainingGraph {
  checkTrainingGraphOptions(options);
  return graphOf({ ...options, model: withOwnTensors(flatten(options.model)) });
}

function graphOf(options: TrainingGraphOptions): TrainingGraph {
  const { model, provider = 'cpu', precision = 'float32' } = options;
  const lowerings = LOWERINGS[provider];
  const mixed = precision === 'mixed';
  const half = mixed && provider !== 'cpu';
  const imported = new GraphBuilder(GRAPH_NAME);
  const { graph, network, composites } = placed(
    imported,
    importNetwork(imported, lowerings, options, trainableNames(options), half),
    options,
  );
  const { logits, parameters } = network;
  const narrow = mixed ? parameters.find(({ dtype }) => dtype !== 'float32') : undefined;
  if (narrow)
    throw new OnnxError(
      `mixed precision keeps weights in float32, and "${narrow.name}" holds ${narrow.dtype}: leave \`precision\` out, or store the model in float32`,
    );

  const judged = half ? new Arithmetic(graph).cast(logits, 'float32') : logits;
  const { loss, labels, sampleWeights } = emitLoss(graph, options, judged);
  const forward = graph.nodes.length;
  const math = new Arithmetic(graph);
  const lossScale = mixed ? lossScaleInputs(math) : undefined;
  const seed = lossScale ? math.cast(lossScale.scale, loss.dtype) : math.onesLike(loss);
  const gradients = reverseWalk(graph, loss, seed, parameters, lowerings, composites);
  const without = parameters.filter((_, index) => gradients[index] === undefined).map(({ name }) => name);
  if (without.length > 0) return withoutIdle(options, parameters, without);

  const batchInputs = new Set([
    ...network.inputs,
    ...network.random.map(({ input }) => input),
    labels.name,
    ...(sampleWeights ? [sampleWeights.name] : []),
  ]);
  const wanted = [loss, logits, judged, ...(gradients as Value[]), ...network.statistics.map(({ next }) => next)];
  const names = new Set(parameters.map(({ name }) => name));
  const { graph: target, at } = transformed({ graph, forward, batchInputs, parameters: names }, wanted, options);
  const learningRate = target.input(
    target.names.unused('learning_rate'),
    parameters[0]!.dtype === 'float64' ? 'float64' : 'float32',
    [],
  );
  const step: Step = {
    graph: target,
    parameters: parameters.map(at),
    gradients: (gradients as Value[]).map(at),
    statistics: network.statistics.map(({ name, input, next }) => ({ name, input: at(input), next: at(next) })),
    learningRate,
    weight: () => {
      const weight = lossRule(options.loss).weight(target, at(judged), at(labels), sampleWeights && at(sampleWeights));
      return new Arithmetic(target).cast(weight, 'float32');
    },
    lossScale: lossScale && {
      scale: at(lossScale.scale),
      goodSteps: at(lossScale.goodSteps),
      skipped: at(lossScale.skipped),
    },
  };
  const updated = emitStep(step, options);
  const named = {
    loss: target.output(at(loss)).name,
    logits: target.output(at(logits), model.graph?.output[0]?.name).name,
    ...(updated.gradientNorm && {
      gradientNorm: target.output(updated.gradientNorm, target.names.unused('gradient_norm')).name,
    }),
  };
  for (const { output } of updated.slots) target.output(output);
  const simpler = simplify(provider === 'cpu' ? fuseProducts(target, GRAPH_NAME) : target, GRAPH_NAME).graph;
  return {
    ...finished(simpler.toModel(), provider),
    precision: half
      ? 'mixed: products and activations in float16, weights and loss in float32'
      : mixed
        ? 'mixed: activations kept for the backward pass in float16, computed in float32'
        : [...new Set(parameters.map(({ dtype }) => dtype))].join(' and '),
    inputs: {
      x: network.inputs[0]!,
      network: network.inputs,
      labels: labels.name,
      learningRate: learningRate.name,
      ...(sampleWeights && { sampleWeights: sampleWeights.name }),
      ...(updated.apply && { apply: updated.apply.name }),
    },
    outputs: named,
    state: updated.slots.map((slot) => describe(slot, model)),
    random: network.random,
    session: { ...sessionOf(options), ...(provider === 'webgpu' && { nodesOnCpu: nodesForCpu(simpler.nodes) }) },
  };
}

/** What a model in memory is as a file. */
export function finished(model: ModelProto, provider: Provider) {
  const bytes = writeModel(model);
  return { bytes, model, hash: createHash('sha256').update(bytes).digest('hex'), provider };
}

/** Transformations of forward and backward pass, each a rewriting of the one before. */
function transformed(passes: Passes, wanted: readonly Value[], options: TrainingGraphOptions): Rewritten {
  const { checkpointing, precision, provider = 'cpu' } = options;
  const stored = precision === 'mixed' && provider === 'cpu';
  if (checkpointing === undefined && !stored) return { graph: passes.graph, at: (value) => value };
  // First, because what only asks for the shape of an activation needs neither its copy nor its second computation.
  const simpler = simplify(passes.graph, GRAPH_NAME, wanted);
  const hidden = hideExtents({ ...passes, graph: simpler.graph, forward: simpler.place(passes.forward) });
  const { forward } = hidden;
  let current: Rewritten = { graph: hidden.graph, at: (value) => hidden.at(simpler.at(value)) };
  const apply = (transform: (passes: Passes) => Rewritten): void => {
    const before = current;
    const next = transform({ ...passes, graph: before.graph, forward });
    current = { graph: next.graph, at: (value) => next.at(before.at(value)) };
  };
  if (checkpointing !== undefined) apply((now) => checkpoint(now, checkpointing));
  if (stored) apply(storeActivationsInHalf);
  return current;
}

function trainableNames({ model, trainable = 'all' }: TrainingGraphOptions): ReadonlySet<string> {
  const stored = model.graph?.initializer ?? [];
  const statistic = (name: string) => isLayerStatistic(model, name);
  if (trainable === 'all') {
    const names = stored.filter(isParameter).map(({ name }) => name ?? '');
    return new Set(names.filter((name) => !statistic(name)));
  }
  for (const name of trainable) {
    const tensor = stored.find((entry) => entry.name === name);
    if (!tensor)
      throw new OnnxError(
        `the model has no stored tensor "${name}" to train: it has ${stored.map((entry) => entry.name).join(', ')}`,
      );
    if (statistic(name))
      throw new OnnxError(
        `"${name}" is a running statistic of a batch normalisation: it follows the data, take it out of \`trainable\``,
      );
  }
  return new Set(trainable);
}

function emitLoss(graph: GraphBuilder, { loss, sampleWeights }: TrainingGraphOptions, logits: Value) {
  const rule = lossRule(loss);
  return graph.names.within('loss', () => {
    const target = rule.target(logits);
    const labels = graph.input(graph.names.unused('labels'), target.dtype, target.shape);
    const weights = sampleWeights
      ? graph.input(graph.names.unused('sample_weights'), logits.dtype, [logits.shape[0] ?? 'N'])
      : undefined;
    const scalar = rule.emit(graph, logits, labels, weights);
    return {
      loss: graph.op('Identity', [scalar], {}, { name: graph.names.unused('loss') }),
      labels,
      sampleWeights: weights,
    };
  });
}

/** Tensors that the loss does not depend on stay as they are stored; asked for by name, they are a mistake unless `idle` says otherwise. */
function withoutIdle(options: TrainingGraphOptions, all: readonly Value[], idle: readonly string[]): TrainingGraph {
  const { trainable: asked = 'all', idle: rule = asked === 'all' ? 'freeze' : 'refuse' } = options;
  if (rule === 'refuse') {
    throw new OnnxError(
      `the loss does not depend on ${idle.map((name) => `"${name}"`).join(', ')}: take it out of \`trainable\``,
    );
  }
  const trainable = all.map(({ name }) => name).filter((name) => !idle.includes(name));
  if (trainable.length === 0)
    throw new OnnxError('there is nothing to train: the loss depends on no parameter of the model');
  return graphOf({ ...options, trainable });
}

function describe({ name, role, input, output, initial, startsAs = name }: Slot, model: ModelProto): StateTensor {
  const stored = model.graph?.initializer.find((tensor) => tensor.name === startsAs);
  const first = initial ?? fromTensorProto(stored!);
  return { name, input: input.name, output: output.name, dtype: first.dtype, shape: first.shape, initial: first, role };
}
