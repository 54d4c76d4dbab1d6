/** The parameters of a model: its stored floating-point tensors. */
import { elementCount, type Tensor } from '../../runtime/tensor.js';
import { DATA_TYPES } from '../onnx/data-types.js';
import { flatten } from '../onnx/flatten.js';
import { dtypeOf, isFloat, type ModelProto, OnnxError, type TensorProto, toTensorProto } from '../onnx/index.js';
import { withOwnTensors } from '../onnx/own-tensors.js';

/** Whether training may change a stored tensor by default. Scalars are constants of the mathematics in most exporters' files. */
export function isParameter(tensor: TensorProto): boolean {
  const code = tensor.dataType ?? 0;
  const known = Object.values(DATA_TYPES).some((type) => type.code === code);
  return known && isFloat(dtypeOf(code, `tensor "${tensor.name}"`)) && tensor.dims.length > 0;
}

/** Names of the stored means and variances of batch normalisations: training moves them, but not by gradients. */
export function runningStatistics({ graph }: ModelProto): ReadonlySet<string> {
  const nodes = (graph?.node ?? []).filter(({ opType }) => opType === 'BatchNormalization');
  return new Set(nodes.flatMap(({ input }) => input.slice(3, 5)));
}

/** Number of weights of a model, without the running statistics of its batch normalisations. */
export function parameterCount(model: ModelProto): number {
  const statistics = runningStatistics(model);
  const parameters = (model.graph?.initializer ?? []).filter(isParameter);
  const weights = parameters.filter(({ name = '' }) => !statistics.has(name));
  return weights.reduce((count, { dims }) => count + elementCount(dims), 0);
}

/**
 * The model with other values of its stored tensors; those that `values` does not name stay. Names are those of a training graph of
 * the model: where its file merged equal tensors, or holds them in functions or branches, the result stores each by itself.
 * @throws OnnxError when the model has no such tensor, or one of another type or shape
 */
export function withParameters(model: ModelProto, values: Readonly<Record<string, Tensor>>): ModelProto {
  const stores = new Set(model.graph?.initializer.map(({ name }) => name));
  const whole = Object.keys(values).every((name) => stores.has(name)) && withOwnTensors(model) === model;
  return replacedIn(whole ? model : withOwnTensors(flatten(model)), values);
}

function replacedIn(model: ModelProto, values: Readonly<Record<string, Tensor>>): ModelProto {
  const { graph } = model;
  if (!graph) throw new OnnxError('the model has no graph');
  const stored = new Set(graph.initializer.map(({ name }) => name));
  const missing = Object.keys(values).find((name) => !stored.has(name));
  if (missing !== undefined)
    throw new OnnxError(`the model has no parameter "${missing}": it has ${[...stored].join(', ')}`);
  const initializer = graph.initializer.map((proto) => {
    const value = Object.hasOwn(values, proto.name ?? '') ? values[proto.name ?? ''] : undefined;
    return value ? replaced(proto, value) : proto;
  });
  return { ...model, graph: { ...graph, initializer } };
}

function replaced(proto: TensorProto, value: Tensor): TensorProto {
  const next = toTensorProto(value, proto.name);
  const same = next.dataType === proto.dataType && next.dims.join() === proto.dims.join();
  if (same) return next;
  const type = dtypeOf(proto.dataType, `the parameter "${proto.name}"`);
  throw new OnnxError(
    `the parameter "${proto.name}" is ${type}[${proto.dims.join(', ')}]: a value of ${value.dtype}[${value.shape.join(', ')}] does not fit`,
  );
}
