/** A multilayer perceptron for classification. */
import { Arithmetic, GraphBuilder, type ModelProto } from '../onnx/index.js';
import { ACTIVATIONS, type Activation } from './activation.js';
import { linear } from './linear.js';

/** Widths, dropout and seed of a multi-layer perceptron. */
export interface MlpOptions {
  /** Number of input features, F. */
  readonly features: number;
  /** Width of each hidden layer; none gives a logistic regression. */
  readonly hidden: readonly number[];
  /** Number of classes, C, at least 2. */
  readonly classes: number;
  /** After every hidden layer. Default `relu`. */
  readonly activation?: Activation;
  /** Share of each hidden layer's outputs that training drops, 0 (the default) to below 1. */
  readonly dropout?: number;
  /** Of the initial weights; a whole number >= 0. */
  readonly seed: number;
}

/**
 * Input `x` float32 [N, F], output `logits` float32 [N, C]. Layer i has `layer<i>.weight` [out, in] and `layer<i>.bias` [out],
 * drawn as PyTorch's `nn.Linear` draws them.
 * @throws RangeError when a width, the number of classes, the dropout or the activation is not possible
 */
export function mlp(options: MlpOptions): ModelProto {
  const { features, hidden, classes, activation = 'relu', dropout = 0, seed } = options;
  check(options);
  const graph = new GraphBuilder('mlp');
  const math = new Arithmetic(graph);
  let x = graph.input('x', 'float32', ['N', features]);
  for (const [index, outputs] of hidden.entries()) {
    const name = `layer${index}`;
    const size = { inputs: Number(x.shape[1]), outputs };
    x = linear(graph, name, x, size, seed, 2 * index);
    graph.names.within(name, () => {
      x = ACTIVATIONS[activation](math, x);
      if (dropout > 0) x = graph.op('Dropout', [x, math.scalar(dropout, 'float32')]);
    });
  }
  const size = { inputs: Number(x.shape[1]), outputs: classes };
  graph.output(linear(graph, `layer${hidden.length}`, x, size, seed, 2 * hidden.length, 'logits'));
  return graph.toModel();
}

function check({ features, hidden, classes, activation = 'relu', dropout = 0 }: MlpOptions): void {
  const width = [features, ...hidden].find((value) => !(Number.isSafeInteger(value) && value >= 1));
  if (width !== undefined) throw new RangeError(`features and widths of layers are whole numbers >= 1, not ${width}`);
  if (!Number.isSafeInteger(classes) || classes < 2)
    throw new RangeError(`a classifier has at least 2 classes, not ${classes}`);
  if (!(dropout >= 0 && dropout < 1)) throw new RangeError(`dropout is from 0 to below 1, not ${dropout}`);
  if (!Object.hasOwn(ACTIVATIONS, activation)) {
    throw new RangeError(
      `there is no activation "${activation}": choose one of ${Object.keys(ACTIVATIONS).join(', ')}`,
    );
  }
}
