/**
 * The words of a schedule of the learning rate: its name, or its name with settings, under PyTorch's names. A schedule counts updates of
 * the weights.
 */
import { z } from 'zod';
import { choice, wordOrSettings } from './available.js';
import { monitor } from './monitors.js';

/** Share of the training that `warmup_cosine` takes to rise, unless told otherwise. */
export const WARM_UP_SHARE = 0.1;

const length = z.number().gt(0).max(1e9);
const whole = z.int().min(1).max(1_000_000_000);
const factor = z.number().gt(0).max(1e6);
const share = z.number().min(0).max(1);
const rate = z.number().min(0).max(100);
const unit = z
  .enum(['epoch', 'step'])
  .optional()
  .describe('What lengths count, and how often the rate moves. "epoch" where a length is given, else "step".');

const warmUp = {
  warmup_steps: z.int().min(0).max(1_000_000_000).optional().describe('Updates in which the rate rises in a line.'),
  warmup_epochs: z.number().min(0).max(100_000).optional().describe('The same in epochs.'),
  warmup_start_factor: share.optional().describe('Share of the rate in the first update; 1/3 when left out.'),
};

const named = <const Name extends string, Shape extends z.ZodRawShape>(type: Name, shape: Shape) =>
  z.strictObject({ type: z.literal(type), ...shape });

const VARIANTS = [
  named('constant', warmUp),
  named('cosine', { t_max: length.optional(), eta_min: rate.optional(), unit, ...warmUp }),
  named('warmup_cosine', { t_max: length.optional(), eta_min: rate.optional(), unit, ...warmUp }),
  named('cosine_restarts', { t_0: whole, t_mult: whole.optional(), eta_min: rate.optional(), unit, ...warmUp }),
  named('step', { step_size: whole, gamma: factor.optional(), unit, ...warmUp }),
  named('multistep', {
    milestones: z.array(z.int().min(0).max(1_000_000_000)).min(1).max(10_000),
    gamma: factor.optional(),
    unit,
    ...warmUp,
  }),
  named('exponential', { gamma: factor, unit, ...warmUp }),
  named('linear', {
    start_factor: share.gt(0).optional(),
    end_factor: share.optional(),
    total_iters: length.optional(),
    unit,
    ...warmUp,
  }),
  named('polynomial', { power: factor.optional(), total_iters: length.optional(), unit, ...warmUp }),
  named('onecycle', {
    max_lr: z.number().gt(0).max(100).optional(),
    pct_start: share.optional(),
    anneal_strategy: z.enum(['cos', 'linear']).optional(),
    div_factor: z.number().gt(0).max(1e9).optional(),
    final_div_factor: z.number().gt(0).max(1e12).optional(),
    three_phase: z.boolean().optional(),
  }),
  named('plateau', {
    monitor: monitor.optional().describe('The `monitor` of the training when left out.'),
    factor: z.number().min(0).lt(1).optional(),
    patience: z.int().min(0).max(100_000).optional(),
    threshold: z.number().min(0).max(1e6).optional(),
    threshold_mode: z.enum(['rel', 'abs']).optional(),
    cooldown: z.int().min(0).max(100_000).optional(),
    min_lr: rate.optional(),
    ...warmUp,
  }),
] as const;

export const SCHEDULER_WORDS = [
  'constant',
  'cosine',
  'warmup_cosine',
  'cosine_restarts',
  'step',
  'multistep',
  'exponential',
  'linear',
  'polynomial',
  'onecycle',
  'plateau',
] as const;

export type SchedulerWords = z.infer<(typeof VARIANTS)[number]>;

/** What a schedule cannot do without, and how to give it. */
const NEEDED: Readonly<Record<string, string>> = {
  cosine_restarts: '{"type": "cosine_restarts", "t_0": 10}',
  step: '{"type": "step", "step_size": 30}',
  multistep: '{"type": "multistep", "milestones": [30, 60]}',
  exponential: '{"type": "exponential", "gamma": 0.95}',
};

const alone = choice(SCHEDULER_WORDS, [], '').superRefine((word, context) => {
  const example = NEEDED[word];
  if (example !== undefined)
    context.addIssue({ code: 'custom', message: `"${word}" needs to know more: say it as ${example}` });
});

export const scheduler = wordOrSettings(alone, VARIANTS).superRefine((given, context) => {
  if (typeof given === 'string' || given.type === 'onecycle') {
    if (typeof given !== 'string' && given.three_phase === true && (given.pct_start ?? 0) > 0.5)
      context.addIssue({ code: 'custom', path: ['pct_start'], message: 'is at most 0.5 with `three_phase`' });
    return;
  }
  if (given.warmup_steps !== undefined && given.warmup_epochs !== undefined)
    context.addIssue({
      code: 'custom',
      path: ['warmup_epochs'],
      message: 'stands beside `warmup_steps`: give one of the two',
    });
  if (given.warmup_start_factor !== undefined && warmUpOf(given) === undefined)
    context.addIssue({
      code: 'custom',
      path: ['warmup_start_factor'],
      message: 'needs a warm-up: give `warmup_steps` or `warmup_epochs`',
    });
});

type Given = z.infer<typeof scheduler>;

/** The schedule that a config asks for. */
export function schedulerOf(config: {
  readonly scheduler?: Given | undefined;
  readonly use_scheduler?: boolean | undefined;
}): SchedulerWords {
  const { scheduler: given = config.use_scheduler === true ? 'cosine' : 'constant' } = config;
  return typeof given === 'string' ? ({ type: given } as SchedulerWords) : given;
}

/** The steps or epochs in which the rate rises; a share of the training for the schedule that is named after it. */
export function warmUpOf(words: SchedulerWords): { steps: number } | { epochs: number } | 'share' | undefined {
  if (words.type === 'onecycle') return undefined;
  if (words.warmup_steps !== undefined) return { steps: words.warmup_steps };
  if (words.warmup_epochs !== undefined) return { epochs: words.warmup_epochs };
  return words.type === 'warmup_cosine' ? 'share' : undefined;
}
