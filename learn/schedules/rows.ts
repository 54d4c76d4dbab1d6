/** The table of schedules: what each makes of its settings, and what these may be. Formulas as in `torch.optim.lr_scheduler`. */
import { oneCycle } from './one-cycle.js';
import type { ScheduleContext, ScheduleShape } from './schedule.js';

type Named<T extends ScheduleShape['type']> = Extract<ScheduleShape, { type: T }>;

interface ScheduleRow<S> {
  /** What it counts unless told otherwise. */
  readonly unit: 'step' | 'epoch';
  /** @param at units since the start, or since the end of the warm-up; `length` is their number in the training */
  rate(schedule: S, at: number, length: number, context: ScheduleContext): number;
  /** Requirements that hold, by the sentence that says so. */
  readonly requirements: readonly (readonly [says: string, holds: (schedule: S) => boolean])[];
}

const positive = (value: number) => value > 0 && Number.isFinite(value);
const notNegative = (value: number) => value >= 0 && Number.isFinite(value);
const share = (value: number) => value >= 0 && value <= 1;

/** Half a cosine from `top` to `bottom`, at `at` of `period`. */
function halfCosine(top: number, bottom: number, at: number, period: number): number {
  return bottom + ((top - bottom) / 2) * (1 + Math.cos((Math.PI * at) / period));
}

export const SCHEDULES: { readonly [T in ScheduleShape['type']]: ScheduleRow<Named<T>> } = {
  constant: { unit: 'step', rate: (_, _at, _length, { learningRate }) => learningRate, requirements: [] },
  step: {
    unit: 'epoch',
    rate: ({ every, gamma = 0.1 }, at, _, { learningRate }) => learningRate * gamma ** Math.floor(at / every),
    requirements: [
      ['every is a whole number >= 1', ({ every }) => Number.isSafeInteger(every) && every >= 1],
      ['gamma is above 0', ({ gamma = 0.1 }) => positive(gamma)],
    ],
  },
  multi_step: {
    unit: 'epoch',
    rate({ milestones, gamma = 0.1 }, at, _, { learningRate }) {
      return learningRate * gamma ** milestones.filter((milestone) => milestone <= at).length;
    },
    requirements: [
      [
        'milestones are whole numbers >= 0',
        ({ milestones }) => milestones.every((at) => Number.isSafeInteger(at) && at >= 0),
      ],
      ['gamma is above 0', ({ gamma = 0.1 }) => positive(gamma)],
    ],
  },
  exponential: {
    unit: 'epoch',
    rate: ({ gamma }, at, _, { learningRate }) => learningRate * gamma ** at,
    requirements: [['gamma is above 0', ({ gamma }) => positive(gamma)]],
  },
  cosine: {
    unit: 'step',
    rate({ period, minLearningRate = 0 }, at, length, { learningRate }) {
      return halfCosine(learningRate, minLearningRate, at, period ?? length);
    },
    requirements: [
      ['period is above 0', ({ period = 1 }) => positive(period)],
      ['minLearningRate is >= 0', ({ minLearningRate = 0 }) => notNegative(minLearningRate)],
    ],
  },
  cosine_restarts: {
    unit: 'step',
    rate({ period, growth = 1, minLearningRate = 0 }, at, _, { learningRate }) {
      let [current, place] = [period, at];
      // Each restart by itself: a logarithm would be off by one where it should be whole.
      if (growth === 1) place %= period;
      else for (; place >= current; current *= growth) place -= current;
      return halfCosine(learningRate, minLearningRate, place, current);
    },
    requirements: [
      ['period is a whole number >= 1', ({ period }) => Number.isSafeInteger(period) && period >= 1],
      ['growth is a whole number >= 1', ({ growth = 1 }) => Number.isSafeInteger(growth) && growth >= 1],
      ['minLearningRate is >= 0', ({ minLearningRate = 0 }) => notNegative(minLearningRate)],
    ],
  },
  linear: {
    unit: 'step',
    rate({ startFactor = 1, endFactor = 0, length }, at, training, { learningRate }) {
      const total = length ?? training;
      return learningRate * (startFactor + ((endFactor - startFactor) * Math.min(at, total)) / total);
    },
    requirements: [
      ['startFactor is above 0 and at most 1', ({ startFactor = 1 }) => startFactor > 0 && startFactor <= 1],
      ['endFactor is from 0 to 1', ({ endFactor = 0 }) => share(endFactor)],
      ['length is above 0', ({ length = 1 }) => positive(length)],
    ],
  },
  polynomial: {
    unit: 'step',
    rate({ power = 1, length }, at, training, { learningRate }) {
      const total = length ?? training;
      return learningRate * (1 - Math.min(at, total) / total) ** power;
    },
    requirements: [
      ['power is above 0', ({ power = 1 }) => positive(power)],
      ['length is above 0', ({ length = 1 }) => positive(length)],
    ],
  },
  one_cycle: {
    unit: 'step',
    rate: oneCycle,
    requirements: [
      ['maxLearningRate is above 0', ({ maxLearningRate = 1 }) => positive(maxLearningRate)],
      ['upShare is from 0 to 1', ({ upShare = 0.3 }) => share(upShare)],
      [
        'with threePhase, upShare is at most 0.5',
        ({ threePhase = false, upShare = 0.3 }) => !threePhase || upShare <= 0.5,
      ],
      ['anneal is cosine or linear', ({ anneal = 'cosine' }) => anneal === 'cosine' || anneal === 'linear'],
      ['divFactor is above 0', ({ divFactor = 25 }) => positive(divFactor)],
      ['finalDivFactor is above 0', ({ finalDivFactor = 1e4 }) => positive(finalDivFactor)],
    ],
  },
  reduce_on_plateau: {
    unit: 'epoch',
    rate: (_, _at, _length, { learningRate, plateau }) => plateau?.learningRate ?? learningRate,
    requirements: [
      ['mode is min or max', ({ mode = 'min' }) => mode === 'min' || mode === 'max'],
      ['factor is from 0 to below 1', ({ factor = 0.1 }) => factor >= 0 && factor < 1],
      ['patience is a whole number >= 0', ({ patience = 10 }) => Number.isSafeInteger(patience) && patience >= 0],
      ['threshold is >= 0', ({ threshold = 1e-4 }) => notNegative(threshold)],
      [
        'thresholdMode is relative or absolute',
        ({ thresholdMode = 'relative' }) => thresholdMode === 'relative' || thresholdMode === 'absolute',
      ],
      ['cooldown is a whole number >= 0', ({ cooldown = 0 }) => Number.isSafeInteger(cooldown) && cooldown >= 0],
      ['minLearningRate is >= 0', ({ minLearningRate = 0 }) => notNegative(minLearningRate)],
      ['leastChange is >= 0', ({ leastChange = 1e-8 }) => notNegative(leastChange)],
    ],
  },
};

/** The row of a schedule, for its own type. */
export function rowOf(schedule: ScheduleShape): ScheduleRow<ScheduleShape> {
  if (Object.hasOwn(SCHEDULES, schedule.type)) return SCHEDULES[schedule.type] as ScheduleRow<ScheduleShape>;
  throw new RangeError(`there is no schedule "${schedule.type}": choose one of ${Object.keys(SCHEDULES).join(', ')}`);
}
