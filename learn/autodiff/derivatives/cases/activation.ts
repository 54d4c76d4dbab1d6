/** Cases of the activation functions' rows. */
import { type Case, matrix, of, single, smooth } from './case.js';

/** erf by its power series: exact to float64 for |x| < 4. */
export function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 120; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const geluTanh = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
const clamp = (x: number) => Math.min(1, Math.max(0, x));
const selu = { alpha: 1.6732631921768188, gamma: 1.0507010221481323 };

export const ACTIVATION_CASES: readonly Case[] = [
  of('Relu', [smooth]),
  of('Sigmoid', [matrix]),
  of('Tanh', [matrix]),
  single('LeakyRelu', (x) => (x > 0 ? x : 0.1 * x), { alpha: 0.1 }),
  {
    ...of('PRelu', [smooth, { shape: [4] }], undefined, 'a slope for each column'),
    primitives: (_, [x, slope], math) => math.where(math.less(x!, 0), math.mul(x!, slope!), x!),
  },
  {
    ...of('PRelu', [smooth, { shape: [1] }], undefined, 'one slope'),
    primitives: (_, [x, slope], math) => math.where(math.less(x!, 0), math.mul(x!, slope!), x!),
  },
  single('ThresholdedRelu', (x) => (x > 0.5 ? x : 0), { alpha: 0.5 }),
  single('Shrink', (x) => (Math.abs(x) > 1 ? x - 0.25 * Math.sign(x) : 0), { lambd: 1, bias: 0.25 }),
  single('Softsign', (x) => x / (1 + Math.abs(x))),
  single('Mish', (x) => x * Math.tanh(Math.log1p(Math.exp(x)))),
  single('Celu', (x) => (x > 0 ? x : 0.7 * Math.expm1(x / 0.7)), { alpha: 0.7 }),
  single('Softplus', (x) => Math.log1p(Math.exp(x))),
  single('Elu', (x) => (x > 0 ? x : 0.7 * Math.expm1(x)), { alpha: 0.7 }),
  single('Selu', (x) => selu.gamma * (x > 0 ? x : selu.alpha * Math.expm1(x))),
  single('Gelu', (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)), undefined, 'exact'),
  single('Gelu', geluTanh, { approximate: 'tanh' }, 'by tanh'),
  single('Erf', erf),
  single('HardSwish', (x) => x * clamp(x / 6 + 0.5)),
  single('HardSigmoid', (x) => clamp(0.3 * x + 0.4), { alpha: 0.3, beta: 0.4 }),
  of('Dropout', [matrix], undefined, 'at inference'),
];
