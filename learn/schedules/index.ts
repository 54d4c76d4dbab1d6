/** Learning-rate schedules. */
export type { OneCycleSettings } from './one-cycle.js';
export { nextPlateau, type PlateauSettings, type PlateauState, startPlateau } from './plateau.js';
export { checkSchedule, rateAt } from './rate.js';
export type {
  ConstantSchedule,
  CosineRestartsSchedule,
  CosineSchedule,
  ExponentialSchedule,
  LinearSchedule,
  MultiStepSchedule,
  PolynomialSchedule,
  Schedule,
  ScheduleContext,
  ScheduleShape,
  StepSchedule,
  WarmUp,
} from './schedule.js';
