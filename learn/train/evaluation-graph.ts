/** The network with its weights as inputs: validation between two epochs without a new session each time. */
import { GraphBuilder, importModel, type ModelProto, OnnxError, prune } from '../onnx/index.js';
import { withoutDropout } from './without-dropout.js';

/**
 * Input `x` and every one of these tensors by its name, output `logits`. Dropout is the identity here.
 * @throws OnnxError when the network has no such tensor: ONNX Runtime would take no notice of it, and compute with the first weights
 */
export function evaluationGraph(network: ModelProto, parameters: ReadonlySet<string>): ModelProto {
  const graph = new GraphBuilder('evaluation');
  const stored = new Set(network.graph?.initializer.map(({ name }) => name));
  const missing = [...parameters].find((name) => !stored.has(name));
  if (missing !== undefined) throw new OnnxError(`the network stores no "${missing}" to be given another value`);
  const { outputs } = importModel(graph, network, {
    lower: withoutDropout(graph),
    replaceInitializer: (stored, type) =>
      parameters.has(stored.name ?? '') ? graph.input(stored.name!, type.dtype, type.shape) : undefined,
  });
  const [logits] = outputs;
  if (!logits) throw new RangeError('the network has no output');
  graph.output(logits);
  return prune(graph.toModel());
}
