/** Replaces the tensors of a model, wherever they stand: in nested graphs, attributes, functions and training information as well. */
import type {
  AttributeProto,
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  SparseTensorProto,
  TensorProto,
  TrainingInfoProto,
} from './messages.js';

/** Where a tensor stands: among the stored tensors of a graph, or somewhere else. */
export type TensorPlace = 'initializer' | 'other';

export type ReplaceTensor = (tensor: TensorProto, place: TensorPlace) => TensorProto;

/** The model with what `replace` gives for each tensor; it is called for every one of them, in the order of the file. */
export function mapTensors(model: ModelProto, replace: ReplaceTensor): ModelProto {
  return {
    ...model,
    ...(model.graph && { graph: inGraph(model.graph, replace) }),
    ...(model.trainingInfo && { trainingInfo: model.trainingInfo.map((info) => inTraining(info, replace)) }),
    ...(model.functions && { functions: model.functions.map((one) => inFunction(one, replace)) }),
  };
}

function inGraph(graph: GraphProto, replace: ReplaceTensor): GraphProto {
  const { sparseInitializer } = graph;
  return {
    ...graph,
    node: graph.node.map((node) => inNode(node, replace)),
    initializer: graph.initializer.map((tensor) => replace(tensor, 'initializer')),
    ...(sparseInitializer && { sparseInitializer: sparseInitializer.map((sparse) => inSparse(sparse, replace)) }),
  };
}

function inNode(node: NodeProto, replace: ReplaceTensor): NodeProto {
  return { ...node, attribute: node.attribute.map((attribute) => inAttribute(attribute, replace)) };
}

function inFunction(one: FunctionProto, replace: ReplaceTensor): FunctionProto {
  const { attributeProto } = one;
  return {
    ...one,
    node: one.node.map((node) => inNode(node, replace)),
    ...(attributeProto && { attributeProto: attributeProto.map((attribute) => inAttribute(attribute, replace)) }),
  };
}

function inTraining(info: TrainingInfoProto, replace: ReplaceTensor): TrainingInfoProto {
  return {
    ...info,
    ...(info.initialization && { initialization: inGraph(info.initialization, replace) }),
    ...(info.algorithm && { algorithm: inGraph(info.algorithm, replace) }),
  };
}

function inAttribute(attribute: AttributeProto, replace: ReplaceTensor): AttributeProto {
  const { t, tensors, g, graphs, sparseTensor, sparseTensors } = attribute;
  if (!(t || tensors || g || graphs || sparseTensor || sparseTensors)) return attribute;
  return {
    ...attribute,
    ...(t && { t: replace(t, 'other') }),
    ...(tensors && { tensors: tensors.map((tensor) => replace(tensor, 'other')) }),
    ...(g && { g: inGraph(g, replace) }),
    ...(graphs && { graphs: graphs.map((graph) => inGraph(graph, replace)) }),
    ...(sparseTensor && { sparseTensor: inSparse(sparseTensor, replace) }),
    ...(sparseTensors && { sparseTensors: sparseTensors.map((sparse) => inSparse(sparse, replace)) }),
  };
}

function inSparse(sparse: SparseTensorProto, replace: ReplaceTensor): SparseTensorProto {
  const { values, indices } = sparse;
  return {
    ...sparse,
    ...(values && { values: replace(values, 'other') }),
    ...(indices && { indices: replace(indices, 'other') }),
  };
}
