/** The learning rate of a step. */
import { rowOf } from './rows.js';
import type { Schedule, ScheduleContext, WarmUp } from './schedule.js';

/**
 * The learning rate of a step, a pure function of its number: a training that goes on from a checkpoint has the same rates.
 *
 * @param step number of the step, from 0
 */
export function rateAt(schedule: Schedule, step: number, context: ScheduleContext): number {
  const { stepsPerEpoch, totalSteps } = context;
  const row = rowOf(schedule);
  const warm = warmUpSteps(schedule.warmup, stepsPerEpoch);
  const perEpoch = (schedule.unit ?? row.unit) === 'epoch';
  const units = (steps: number) => (perEpoch ? steps / stepsPerEpoch : steps);
  const length = Math.max(1, Math.ceil(units(totalSteps - warm)));
  if (step >= warm) return row.rate(schedule, Math.floor(units(step - warm)), length, context);
  const { startFactor = 1 / 3 } = schedule.warmup!;
  return row.rate(schedule, 0, length, context) * (startFactor + ((1 - startFactor) * step) / warm);
}

function warmUpSteps(warmup: WarmUp | undefined, stepsPerEpoch: number): number {
  if (!warmup) return 0;
  return 'steps' in warmup ? warmup.steps : Math.round(warmup.epochs * stepsPerEpoch);
}

/** @throws RangeError naming what is wrong with a schedule */
export function checkSchedule(schedule: Schedule): void {
  const { type, unit = 'step', warmup } = schedule;
  const broken = rowOf(schedule).requirements.find(([, holds]) => !holds(schedule));
  if (broken) throw new RangeError(`the schedule ${type}: ${broken[0]}`);
  if (unit !== 'step' && unit !== 'epoch')
    throw new RangeError(`the schedule ${type}: its unit is step or epoch, not ${unit}`);
  if (!warmup) return;
  const length = 'steps' in warmup ? warmup.steps : warmup.epochs;
  if (!(length >= 0 && Number.isFinite(length)) || ('steps' in warmup && !Number.isSafeInteger(length)))
    throw new RangeError(`the warm-up takes a whole number of steps >= 0, or a number of epochs >= 0, not ${length}`);
  const { startFactor = 1 / 3 } = warmup;
  if (!(startFactor >= 0 && startFactor <= 1))
    throw new RangeError(`the startFactor of the warm-up is from 0 to 1, not ${startFactor}`);
}
