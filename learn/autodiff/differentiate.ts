/** Adds gradients to a model. */
import {
  Arithmetic,
  GraphBuilder,
  importModel,
  isFloat,
  type ModelProto,
  OnnxError,
  type Value,
} from '../onnx/index.js';
import { formatShape } from '../onnx/shape.js';
import { decomposeBehind } from './decompositions/index.js';
import { reverseWalk } from './reverse-walk.js';

/** Which gradients of which value are wanted. */
export interface DifferentiateOptions {
  /** The value to differentiate; any value of the model. */
  readonly output: string;
  /** The values whose gradients are wanted: inputs, stored tensors, or anything between. */
  readonly withRespectTo: readonly string[];
  /**
   * `input` (the default): the model gets an input `grad/<output>` of the output's type and shape.
   * `ones`: the output is a scalar, for instance a loss, and its gradient is 1.
   */
  readonly seed?: 'input' | 'ones';
}

/**
 * The model with an additional output `grad/<name>` for each name, of the type and shape of that value; zeros where the
 * output does not depend on it. The model's own inputs and outputs stay.
 *
 * @throws OnnxError when a name is unknown or has no gradient (integers), when `ones` is asked of an output that is not a
 *   scalar, or when an operator on the way has no derivative: the message names node and operator
 */
export function differentiate(model: ModelProto, options: DifferentiateOptions): ModelProto {
  const graph = new GraphBuilder(model.graph?.name ?? 'model');
  const { values, outputs } = importModel(graph, model, { lower: decomposeBehind(graph, options.withRespectTo) });
  const find = (name: string): Value => {
    const value = values.get(name);
    if (!value) throw new OnnxError(`the model has no value "${name}" to differentiate`);
    if (!isFloat(value.dtype)) {
      throw new OnnxError(`"${name}" holds ${value.dtype}: only floating-point values have gradients`);
    }
    return value;
  };
  const output = find(options.output);
  const targets = options.withRespectTo.map(find);
  const seed = seedOf(graph, output, options.seed ?? 'input');
  const gradients = reverseWalk(graph, output, seed, targets);
  for (const [index, value] of outputs.entries()) graph.output(value, model.graph?.output[index]?.name ?? value.name);
  for (const [index, target] of targets.entries()) {
    const gradient = gradients[index] ?? new Arithmetic(graph).zerosLike(target);
    graph.output(gradient, `grad/${options.withRespectTo[index]}`);
  }
  for (const { key, value } of model.metadataProps ?? []) graph.metadata(key ?? '', value ?? '');
  return graph.toModel();
}

function seedOf(graph: GraphBuilder, output: Value, seed: 'input' | 'ones'): Value {
  if (seed === 'input') return graph.input(`grad/${output.name}`, output.dtype, output.shape);
  if (output.shape.every((dim) => dim === 1)) return new Arithmetic(graph).onesLike(output);
  throw new OnnxError(
    `"${output.name}" has the shape ${formatShape(output.shape)}: only a scalar has the gradient 1 without asking; give a seed`,
  );
}
