/** From the words of an optimiser to those of `learn/`. */
import type { OptimizerSettings } from '../learn/index.js';
import { optimizerOf, type TrainerConfig, type TrainingConfig } from './contract/index.js';
import { defined } from './defined.js';

/** Word -> setting, for those that are called otherwise. */
const SETTINGS: Readonly<Record<string, string>> = {
  eps: 'epsilon',
  lr_decay: 'learningRateDecay',
  initial_accumulator_value: 'initialAccumulator',
  momentum_decay: 'momentumDecay',
  decoupled_weight_decay: 'decoupledWeightDecay',
};

export function optimizerSettingsOf(config: TrainerConfig | TrainingConfig): OptimizerSettings {
  const { type, ...words } = optimizerOf(config);
  const { betas, ...rest } = words as typeof words & { readonly betas?: readonly [number, number] };
  const renamed = Object.entries(rest).map(([word, value]) => [SETTINGS[word] ?? word, value] as const);
  const momentum = type === 'sgd' ? (config.momentum ?? 0) : config.momentum;
  return {
    type,
    weightDecay: config.weight_decay,
    ...defined({ momentum, beta1: betas?.[0], beta2: betas?.[1] }),
    ...defined(Object.fromEntries(renamed)),
  } as OptimizerSettings;
}
