/** The network with its weights as inputs: validation between two epochs without a new session each time. */
import { GraphBuilder, importModel, type ModelProto, prune } from '../onnx/index.js';
import { withoutDropout } from './without-dropout.js';

/** Input `x` and every trained parameter by its name, output `logits`. Dropout is the identity here. */
export function evaluationGraph(network: ModelProto, parameters: ReadonlySet<string>): ModelProto {
  const graph = new GraphBuilder('evaluation');
  const { outputs } = importModel(graph, network, {
    lower: withoutDropout,
    replaceInitializer: (stored, type) =>
      parameters.has(stored.name ?? '') ? graph.input(stored.name!, type.dtype, type.shape) : undefined,
  });
  const [logits] = outputs;
  if (!logits) throw new RangeError('the network has no output');
  graph.output(logits);
  return prune(graph.toModel());
}
