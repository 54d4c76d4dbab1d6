/** Cases of ONNX Runtime's own operators. */
import { type Case, cube, matrix, smooth } from './case.js';
import { decomposed } from './decomposed.js';

const contrib = (
  operator: string,
  attributes: Record<string, number | string | readonly number[]> = {},
  outputs: readonly boolean[] = [true],
) => ({ operator, domain: 'com.microsoft', attributes, outputs });

/** The error function, to about 1e-12: its series (Abramowitz and Stegun 7.1.5). */
function erf(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; n < 120; n++) {
    term *= -(x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const gelu = (x: number) => 0.5 * x * (1 + erf(x / Math.SQRT2));
const geluTanh = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

export const CONTRIB_CASES: readonly Case[] = [
  { ...decomposed('erf', contrib('Gelu'), [smooth]), reference: gelu },
  { ...decomposed('tanh', contrib('FastGelu'), [smooth]), reference: geluTanh },
  {
    ...decomposed('erf', contrib('BiasGelu'), [matrix, { shape: [4] }]),
    formula: ([x, bias]) => x!.map((value, place) => gelu(value + bias![place % 4]!)),
  },
  {
    ...decomposed('tanh', contrib('FastGelu'), [matrix, { shape: [4] }]),
    formula: ([x, bias]) => x!.map((value, place) => geluTanh(value + bias![place % 4]!)),
  },
  {
    // One pixel, two channels in, two out: tanh(x w^T + b + z).
    ...decomposed('added to another, tanh behind it', contrib('FusedConv', { activation: 'Tanh' }), [
      { shape: [3, 2, 1] },
      { shape: [2, 2, 1] },
      { shape: [2] },
      { shape: [3, 2, 1] },
    ]),
    formula: ([x, weight, bias, z]) =>
      z!.map((value, place) => {
        const [row, out] = [Math.floor(place / 2), place % 2];
        const product = x![2 * row]! * weight![2 * out]! + x![2 * row + 1]! * weight![2 * out + 1]!;
        return Math.tanh(product + bias![out]! + value);
      }),
  },
  {
    ...decomposed('plain', contrib('QuickGelu', { alpha: 1.3 }), [smooth]),
    reference: (x) => x / (1 + Math.exp(-1.3 * x)),
  },
  decomposed('both turned', contrib('FusedMatMul', { transA: 1, transB: 1, alpha: 0.5 }), [
    { shape: [3, 4, 2] },
    { shape: [3, 5, 4] },
  ]),
  decomposed('tanh behind it', contrib('FusedGemm', { transB: 1, alpha: 0.5, activation: 'Tanh' }), [
    { shape: [3, 4] },
    { shape: [2, 4] },
    { shape: [2] },
  ]),
  decomposed(
    'with skip, scale and bias',
    contrib('SkipLayerNormalization', { epsilon: 1e-5 }, [true, false, false, true]),
    [cube, cube, { shape: [4] }, { shape: [4] }, { shape: [4] }],
  ),
  decomposed('with skip and scale', contrib('SkipSimplifiedLayerNormalization', { epsilon: 1e-5 }), [
    cube,
    cube,
    { shape: [4] },
  ]),
];
