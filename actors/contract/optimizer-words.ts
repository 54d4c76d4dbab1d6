/** The words of an optimiser: its name, or its name with settings, under PyTorch's names. `weight_decay` and the learning rate stand beside it. */
import { z } from 'zod';
import { choice, wordOrSettings } from './available.js';

const decay = z.number().min(0).lt(1);
const betas = z.tuple([decay, decay]).optional();
const eps = z.number().min(0).max(1).optional();
const momentum = z.number().min(0).lt(1).optional();
const flag = z.boolean().optional();

const named = <const Name extends string, Shape extends z.ZodRawShape>(type: Name, shape: Shape) =>
  z.strictObject({ type: z.literal(type), ...shape });

const VARIANTS = [
  named('adamw', { betas, eps, amsgrad: flag }),
  named('adam', { betas, eps, amsgrad: flag }),
  named('sgd', { momentum, dampening: z.number().min(0).max(1).optional(), nesterov: flag }),
  named('rmsprop', { alpha: decay.optional(), eps, momentum, centered: flag }),
  named('adagrad', {
    lr_decay: z.number().min(0).max(1e6).optional(),
    initial_accumulator_value: z.number().min(0).max(1e6).optional(),
    eps,
  }),
  named('adadelta', { rho: decay.optional(), eps }),
  named('adamax', { betas, eps }),
  named('nadam', { betas, eps, momentum_decay: z.number().min(0).max(1).optional(), decoupled_weight_decay: flag }),
  named('radam', { betas, eps, decoupled_weight_decay: flag }),
  named('lion', { betas }),
  named('lamb', { betas, eps }),
] as const;

export const OPTIMIZER_WORDS = [
  'adamw',
  'adam',
  'sgd',
  'rmsprop',
  'adagrad',
  'adadelta',
  'adamax',
  'nadam',
  'radam',
  'lion',
  'lamb',
] as const;

export const optimizer = wordOrSettings(
  choice(OPTIMIZER_WORDS, ['lars', 'lbfgs'], 'use "adamw", "lamb" or "sgd"'),
  VARIANTS,
);

/** An optimiser with what was said of it. */
export type OptimizerWords = z.infer<(typeof VARIANTS)[number]>;

export function optimizerOf({ optimizer: given }: { readonly optimizer: z.infer<typeof optimizer> }): OptimizerWords {
  return typeof given === 'string' ? { type: given } : given;
}
