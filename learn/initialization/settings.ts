/** First values of weights, as plain data. */
import type { Nonlinearity } from './gain.js';

/** The size of a weight's numbers by what follows it. */
export interface KaimingSettings {
  /** Keeps the size of activations (`fan_in`, the default) or of gradients (`fan_out`). */
  readonly mode?: 'fan_in' | 'fan_out';
  /** What follows. Default `leaky_relu`, as PyTorch. */
  readonly nonlinearity?: Nonlinearity;
  /** Of a leaky ReLU below 0. Default 0, as PyTorch: a ReLU. */
  readonly slope?: number;
}

/** The size of a weight's numbers by the number of its inputs and outputs (Glorot and Bengio 2010). */
export interface XavierSettings {
  /** Default 1. */
  readonly gain?: number;
}

/** How a tensor is filled; the names are those of `torch.nn.init`. */
export type InitializationSettings =
  | { readonly type: 'zeros' }
  | { readonly type: 'ones' }
  | { readonly type: 'constant'; readonly value: number }
  /** Default 0 to 1. */
  | { readonly type: 'uniform'; readonly low?: number; readonly high?: number }
  /** Default mean 0 and deviation 1. */
  | { readonly type: 'normal'; readonly mean?: number; readonly standardDeviation?: number }
  /** The normal distribution within [low, high], default [-2, 2]: values, not deviations, as in PyTorch. */
  | {
      readonly type: 'truncated_normal';
      readonly mean?: number;
      readonly standardDeviation?: number;
      readonly low?: number;
      readonly high?: number;
    }
  /** Uniform within +-gain sqrt(3 / fan) (He et al. 2015, equation 14). */
  | ({ readonly type: 'kaiming_uniform' } & KaimingSettings)
  /** Normal with deviation gain / sqrt(fan) (He et al. 2015, equation 14). */
  | ({ readonly type: 'kaiming_normal' } & KaimingSettings)
  /** Uniform within +-gain sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010, equation 16). */
  | ({ readonly type: 'xavier_uniform' } & XavierSettings)
  /** Normal with deviation gain sqrt(2 / (fan_in + fan_out)). */
  | ({ readonly type: 'xavier_normal' } & XavierSettings)
  /** A random orthogonal matrix [first extent, product of the others] (Saxe et al. 2014). */
  | ({ readonly type: 'orthogonal' } & XavierSettings)
  /** Standard normal rows [entries, width], as `nn.Embedding`; that of the padding is zero. */
  | { readonly type: 'embedding'; readonly paddingIndex?: number };
