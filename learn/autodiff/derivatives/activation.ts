/** Derivatives of activation functions. At a kink the value is PyTorch's: that of the side on which the function is flatter. */
import type { Arithmetic, Value } from '../../onnx/index.js';
import { knownNumber } from '../../onnx/value.js';
import { type Derivative, type DerivativeCall, type DerivativeTable, once, single } from './derivative.js';

/** d/dx [x Phi(x)] = Phi(x) + x phi(x), with the standard normal distribution's Phi and phi (Hendrycks and Gimpel 2016). */
function geluSlope({ math }: DerivativeCall, x: Value): Value {
  const u = math.mul(x, Math.SQRT1_2);
  // The factor of the density, 1 / sqrt(2 pi), stands in the exponent: one pass less over all elements.
  const density = math.exp(math.sub(-0.5 * Math.log(2 * Math.PI), math.square(u)));
  return math.add(halfOfOnePlus(math, math.erf(u)), math.mul(x, density));
}

/** (1 + e) / 2 for e from -1 to 1: there HardSigmoid cuts nothing off, and is one pass. Its kernels are for float32. */
function halfOfOnePlus(math: Arithmetic, e: Value): Value {
  if (e.dtype === 'float32') return math.graph.op('HardSigmoid', [e], { alpha: 0.5, beta: 0.5 });
  return math.mul(math.add(e, 1), 0.5);
}

/**
 * The slope of x h with h = (1 + tanh(u)) / 2 = sigmoid(2 u) and u = sqrt(2/pi) (x + 0.044715 x^3): h + x h', where h' is
 * h (1 - h) 2 u' and x 2 u' = 3 (2 u) - 4 sqrt(2/pi) x.
 */
function geluTanhSlope({ math }: DerivativeCall, x: Value): Value {
  const scale = 2 * Math.sqrt(2 / Math.PI);
  const twice = math.mul(x, math.add(math.mul(math.square(x), scale * 0.044715), scale));
  const h = math.sigmoid(twice);
  const inner = math.sub(math.mul(twice, 3), math.mul(x, 2 * scale));
  return math.mul(h, math.add(math.mul(inner, math.sub(1, h)), 1));
}

/** d/dx [x tanh(softplus(x))]: t + x (1 - t^2) sigmoid(x) with t = tanh(softplus(x)) (Misra 2020). */
function mishSlope({ math }: DerivativeCall, x: Value): Value {
  const t = math.tanh(math.graph.op('Softplus', [x]));
  return math.add(t, math.mul(math.mul(x, math.sub(1, math.square(t))), math.sigmoid(x)));
}

/** Above 0 the slope is 1, below it is the second input. */
const prelu: Derivative = ({ math, gradient: dy, input }) => {
  const isPositive = once(() => math.greater(input(0), 0));
  return [
    () => math.where(isPositive(), dy, math.mul(dy, input(1))),
    () => math.where(isPositive(), 0, math.mul(dy, input(0))),
  ];
};

/** In training the kept elements are scaled by 1 / (1 - ratio); the node's second output tells which were kept. */
const dropout: Derivative = (call) => {
  const { node, math, gradient: dy, output, fail } = call;
  const training = node.inputs[2];
  const active = training === undefined ? 0 : (training.constant?.data[0] ?? undefined);
  if (active === undefined) fail('it must be known whether it trains: give training_mode as a constant');
  if (Number(active) === 0) return [() => dy];
  const mask = node.outputs[1] ?? fail('in training mode its second output, the mask, must be given out');
  const ratio = node.inputs[1] ? knownNumber(node.inputs[1]) : 0.5;
  if (ratio === undefined) return fail('its ratio must be a constant');
  if (ratio >= 1) return [() => math.zerosLike(output)];
  return [() => math.where(mask, math.mul(dy, 1 / (1 - ratio)), 0)];
};

export const ACTIVATION: DerivativeTable = {
  Relu: single(({ math, lowerings, gradient: dy, output: y }) => lowerings.reluGradient(math, y, dy)),
  LeakyRelu: single(({ node, math, gradient: dy }, x) =>
    math.where(math.greater(x, 0), dy, math.mul(dy, node.attributes.number('alpha'))),
  ),
  PRelu: prelu,
  ThresholdedRelu: single(({ node, math, gradient: dy }, x) =>
    math.where(math.greater(x, node.attributes.number('alpha')), dy, 0),
  ),
  Shrink: single(({ node, math, gradient: dy }, x) =>
    math.where(math.greater(math.graph.op('Abs', [x]), node.attributes.number('lambd')), dy, 0),
  ),
  Sigmoid: single(({ math, gradient: dy, output: y }) => math.mul(dy, math.mul(y, math.sub(1, y)))),
  Tanh: single(({ math, gradient: dy, output: y }) => math.mul(dy, math.sub(1, math.square(y)))),
  Softsign: single(({ math, gradient: dy }, x) => math.div(dy, math.square(math.add(math.graph.op('Abs', [x]), 1)))),
  Mish: single((call, x) => call.math.mul(call.gradient, mishSlope(call, x))),
  Softplus: single(({ math, gradient: dy }, x) => math.mul(dy, math.sigmoid(x))),
  // Below zero y = alpha (e^x - 1), so the slope alpha e^x is y + alpha.
  Elu: single(({ node, math, gradient: dy, output: y }, x) =>
    math.where(math.greater(x, 0), dy, math.mul(dy, math.add(y, node.attributes.number('alpha')))),
  ),
  // Below zero y = alpha (e^(x / alpha) - 1), so the slope e^(x / alpha) is y / alpha + 1.
  Celu: single(({ node, math, gradient: dy, output: y }, x) => {
    const slope = math.add(math.div(y, node.attributes.number('alpha')), 1);
    return math.where(math.greater(x, 0), dy, math.mul(dy, slope));
  }),
  Selu: single(({ node, math, gradient: dy, output: y }, x) => {
    const [alpha, gamma] = [node.attributes.number('alpha'), node.attributes.number('gamma')];
    return math.mul(dy, math.where(math.greater(x, 0), gamma, math.add(y, alpha * gamma)));
  }),
  Gelu: single((call, x) => {
    const slope = call.node.attributes.text('approximate') === 'tanh' ? geluTanhSlope : geluSlope;
    return call.math.mul(call.gradient, slope(call, x));
  }),
  Erf: single(({ math, gradient: dy }, x) =>
    math.mul(math.mul(dy, math.exp(math.neg(math.square(x)))), 2 / Math.sqrt(Math.PI)),
  ),
  HardSwish: single(({ math, gradient: dy }, x) => {
    const inner = math.add(math.mul(x, 1 / 3), 0.5);
    const slope = math.where(math.less(x, -3), 0, math.where(math.greater(x, 3), 1, inner));
    return math.mul(dy, slope);
  }),
  HardSigmoid: single(({ node, math, gradient: dy, output: y }) => {
    const inside = math.and(math.greater(y, 0), math.less(y, 1));
    return math.where(inside, math.mul(dy, node.attributes.number('alpha')), 0);
  }),
  Dropout: dropout,
};
