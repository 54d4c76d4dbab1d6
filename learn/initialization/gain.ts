/** How a non-linearity changes the size of what passes through it, as `torch.nn.init.calculate_gain`. */

const GAINS = {
  linear: () => 1,
  sigmoid: () => 1,
  tanh: () => 5 / 3,
  relu: () => Math.SQRT2,
  leaky_relu: (slope: number) => Math.sqrt(2 / (1 + slope ** 2)),
  // Found by experiment; with the weights of `linear` the activations keep their variance instead (Klambauer et al. 2017).
  selu: () => 3 / 4,
} as const;

/** What may follow a layer. */
export type Nonlinearity = keyof typeof GAINS;

/**
 * @param slope of a leaky ReLU below 0; default 0.01
 * @throws RangeError when the non-linearity is unknown
 */
export function gainOf(nonlinearity: Nonlinearity, slope = 0.01): number {
  if (Object.hasOwn(GAINS, nonlinearity)) return GAINS[nonlinearity](slope);
  throw new RangeError(`no gain is known for "${nonlinearity}": choose one of ${Object.keys(GAINS).join(', ')}`);
}
