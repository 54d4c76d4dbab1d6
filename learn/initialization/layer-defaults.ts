/** What PyTorch's layers begin with. */
import { fansOf } from './fans.js';
import type { InitializationSettings } from './settings.js';

/**
 * Weight and bias of `nn.Linear`, `nn.Conv1d` to `3d` and their transposed forms: both uniform within +-1/sqrt(fan_in). For the
 * weight that is Kaiming's bound sqrt(6 / ((1 + a^2) fan_in)) with a = sqrt(5) (`Linear.reset_parameters`).
 *
 * @param weight its shape [outputs, inputs / groups, ...kernel]
 */
export function layerDefaults(weight: readonly number[]): Readonly<Record<'weight' | 'bias', InitializationSettings>> {
  const bound = 1 / Math.sqrt(fansOf(weight).fanIn);
  const settings = { type: 'uniform', low: -bound, high: bound } as const;
  return { weight: settings, bias: settings };
}
