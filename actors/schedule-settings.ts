/** From the words of a schedule to that of `learn/`. */
import type { TrainingSchedule, WarmUp } from '../learn/index.js';
import { type SchedulerWords, WARM_UP_SHARE, warmUpOf } from './contract/index.js';
import { type Defined, defined } from './defined.js';

interface Surroundings {
  readonly epochs: number;
  /** The figure that a plateau is looked for in, and its better direction. */
  readonly monitor: { readonly name: string; readonly mode: 'min' | 'max' };
}

type Named<T extends SchedulerWords['type']> = Extract<SchedulerWords, { type: T }>;

/** A length is counted in epochs unless told otherwise; without one a schedule spans the training, and moves with every step. */
function counted(unit: 'epoch' | 'step' | undefined, length: number | undefined): Defined<{ unit?: 'epoch' | 'step' }> {
  return defined({ unit: unit ?? (length === undefined ? undefined : 'epoch') });
}

const cosine = ({ t_max, eta_min, unit }: Omit<Named<'cosine'>, 'type'>): TrainingSchedule => ({
  type: 'cosine',
  ...counted(unit, t_max),
  ...defined({ period: t_max, minLearningRate: eta_min }),
});

const SHAPES: { readonly [T in SchedulerWords['type']]: (words: Named<T>, around: Surroundings) => TrainingSchedule } =
  {
    constant: () => ({ type: 'constant' }),
    cosine,
    warmup_cosine: cosine,
    cosine_restarts: ({ t_0, t_mult, eta_min, unit }) => ({
      type: 'cosine_restarts',
      period: t_0,
      ...counted(unit, t_0),
      ...defined({ growth: t_mult, minLearningRate: eta_min }),
    }),
    step: ({ step_size, gamma, unit }) => ({ type: 'step', every: step_size, ...defined({ gamma, unit }) }),
    multistep: ({ milestones, gamma, unit }) => ({ type: 'multi_step', milestones, ...defined({ gamma, unit }) }),
    exponential: ({ gamma, unit }) => ({ type: 'exponential', gamma, ...defined({ unit }) }),
    linear: ({ start_factor, end_factor, total_iters, unit }) => ({
      type: 'linear',
      ...counted(unit, total_iters),
      ...defined({ startFactor: start_factor, endFactor: end_factor, length: total_iters }),
    }),
    polynomial: ({ power, total_iters, unit }) => ({
      type: 'polynomial',
      ...counted(unit, total_iters),
      ...defined({ power, length: total_iters }),
    }),
    onecycle: ({ max_lr, pct_start, anneal_strategy, div_factor, final_div_factor, three_phase }) => ({
      type: 'one_cycle',
      ...(anneal_strategy && { anneal: anneal_strategy === 'cos' ? 'cosine' : 'linear' }),
      ...defined({
        maxLearningRate: max_lr,
        upShare: pct_start,
        divFactor: div_factor,
        finalDivFactor: final_div_factor,
        threePhase: three_phase,
      }),
    }),
    plateau: ({ factor, patience, threshold, threshold_mode, cooldown, min_lr }, { monitor }) => ({
      type: 'reduce_on_plateau',
      figure: monitor.name,
      mode: monitor.mode,
      ...(threshold_mode && { thresholdMode: threshold_mode === 'rel' ? 'relative' : 'absolute' }),
      ...defined({ factor, patience, threshold, cooldown, minLearningRate: min_lr }),
    }),
  };

/** The schedule that the words ask for. */
export function scheduleOf(words: SchedulerWords, around: Surroundings): TrainingSchedule {
  // The compiler does not see that words and row have the same type.
  const shape = SHAPES[words.type] as (words: SchedulerWords, around: Surroundings) => TrainingSchedule;
  const warmup = warmUp(words, around.epochs);
  return { ...shape(words, around), ...(warmup && { warmup }) };
}

function warmUp(words: SchedulerWords, epochs: number): WarmUp | undefined {
  const length = warmUpOf(words);
  if (length === undefined || words.type === 'onecycle') return undefined;
  const startFactor = words.warmup_start_factor;
  return { ...(length === 'share' ? { epochs: WARM_UP_SHARE * epochs } : length), ...defined({ startFactor }) };
}
