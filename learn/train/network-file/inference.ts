/** Layers that a file holds in training mode (`TrainingMode.TRAINING` of PyTorch), in the form in which everything else expects them. */
import { type GraphBuilder, type ImportOptions, type NodeProto, OnnxError } from '../../onnx/index.js';

const attributeOf = (node: NodeProto, name: string) => node.attribute.find((entry) => entry.name === name);

/**
 * Batch normalisation without the outputs of its statistics, dropout without that of its mask: nothing but the layer's own training
 * reads those, and the training graph writes it anew.
 */
export function inference(graph: GraphBuilder): NonNullable<ImportOptions['lower']> {
  return (node, inputs) => {
    const [first] = node.output;
    if (node.opType === 'Dropout' && node.output.length > 1) {
      return [kept(graph, { ...node, output: [first!] }, inputs)];
    }
    if (node.opType !== 'BatchNormalization' || attributeOf(node, 'training_mode')?.i !== 1n) return undefined;
    const attribute = node.attribute.filter(({ name }) => name !== 'training_mode');
    return [kept(graph, { ...node, output: [first!], attribute }, inputs)];
  };
}

function kept(graph: GraphBuilder, node: NodeProto, inputs: Parameters<NonNullable<ImportOptions['lower']>>[1]) {
  if (graph.names.has(node.output[0]!)) throw new OnnxError(`two values of the model are called "${node.output[0]}"`);
  return graph.node(node, inputs, new Map())[0]!;
}
