/** The activation functions that a recurrent layer may name (ONNX: RNN, GRU, LSTM), in primitives that have derivatives in every float type. */
import type { Arithmetic, Value } from '../../onnx/index.js';
import type { DecompositionCall } from './decomposition.js';

export type Activation = (x: Value) => Value;

interface ActivationRow {
  /** The defaults, where the function has such parameters. `given`: ONNX names none, or ONNX Runtime takes another. */
  readonly alpha?: number | 'given';
  readonly beta?: number | 'given';
  write(math: Arithmetic, x: Value, alpha: number, beta: number): Value;
}

const ACTIVATIONS: Readonly<Record<string, ActivationRow>> = {
  sigmoid: { write: (math, x) => math.sigmoid(x) },
  tanh: { write: (math, x) => math.tanh(x) },
  relu: { write: (math, x) => math.graph.op('Relu', [x]) },
  affine: { alpha: 'given', beta: 'given', write: (math, x, alpha, beta) => math.add(math.mul(x, alpha), beta) },
  leakyrelu: { alpha: 0.01, write: (math, x, alpha) => math.where(math.less(x, 0), math.mul(x, alpha), x) },
  thresholdedrelu: { alpha: 'given', write: (math, x, alpha) => math.where(math.greater(x, alpha), x, 0) },
  scaledtanh: {
    alpha: 'given',
    beta: 'given',
    write: (math, x, alpha, beta) => math.mul(math.tanh(math.mul(x, beta)), alpha),
  },
  hardsigmoid: {
    alpha: 0.2,
    beta: 0.5,
    write: (math, x, alpha, beta) => math.max(math.min(math.add(math.mul(x, alpha), beta), 1), 0),
  },
  // The exponential is kept below 1, so that the branch that is not taken cannot overflow and spoil the gradient.
  elu: {
    alpha: 1,
    write: (math, x, alpha) => math.where(math.less(x, 0), math.mul(math.sub(math.exp(math.min(x, 0)), 1), alpha), x),
  },
  softsign: { write: (math, x) => math.div(x, math.add(math.graph.op('Abs', [x]), 1)) },
  softplus: {
    write: (math, x) => math.add(math.max(x, 0), math.log(math.add(math.exp(math.neg(math.graph.op('Abs', [x]))), 1))),
  },
};

/**
 * The functions of every direction. The lists of alphas and betas name values only for functions that have them, in the
 * order of the functions, all directions together.
 */
export function activationsOf(
  { math, attributes, fail }: DecompositionCall,
  defaults: readonly string[],
  directions: number,
): Activation[][] {
  const alphas = [...(attributes.numbers('activation_alpha') ?? [])];
  const betas = [...(attributes.numbers('activation_beta') ?? [])];
  const names = attributes.texts('activations') ?? Array.from({ length: directions }, () => defaults).flat();
  if (names.length !== directions * defaults.length)
    fail(`it needs ${directions * defaults.length} activations, not ${names.length}`);
  const functions = names.map((name): Activation => {
    const key = name.toLowerCase();
    const row = Object.hasOwn(ACTIVATIONS, key) ? ACTIVATIONS[key]! : fail(`there is no activation "${name}"`);
    const parameter = (list: number[], otherwise: number | 'given' | undefined, what: string): number => {
      if (otherwise === undefined) return 0;
      const value = list.shift() ?? otherwise;
      return value === 'given' ? fail(`its activation "${name}" has no default: give ${what}`) : value;
    };
    const alpha = parameter(alphas, row.alpha, 'activation_alpha');
    const beta = parameter(betas, row.beta, 'activation_beta');
    return (x) => row.write(math, x, alpha, beta);
  });
  const each = defaults.length;
  return Array.from({ length: directions }, (_, d) => functions.slice(d * each, (d + 1) * each));
}
