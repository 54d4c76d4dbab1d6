/**
 * One cycle: up, then down to almost nothing (Smith and Topin, "Super-convergence", 2018), as `torch.optim.lr_scheduler.OneCycleLR`.
 * PyTorch also lets the momentum go the opposite way; here it stays as the optimiser has it.
 */
import type { ScheduleContext } from './schedule.js';

export interface OneCycleSettings {
  /** The top. Default: the learning rate of the training. */
  readonly maxLearningRate?: number;
  /** Share of the training on the way up, 0 to 1. Default 0.3. */
  readonly upShare?: number;
  /** Default `cosine`. */
  readonly anneal?: 'cosine' | 'linear';
  /** The first rate is the top by this. Default 25. */
  readonly divFactor?: number;
  /** The last rate is the first by this. Default 10,000. */
  readonly finalDivFactor?: number;
  /** Down to the first rate as long as it went up, and only then to the last. Default false. */
  readonly threePhase?: boolean;
}

type Anneal = (start: number, end: number, share: number) => number;

const ANNEAL: Readonly<Record<'cosine' | 'linear', Anneal>> = {
  cosine: (start, end, share) => end + ((start - end) / 2) * (1 + Math.cos(Math.PI * share)),
  linear: (start, end, share) => start + (end - start) * share,
};

/** The rate at position `at` of `length`; after the end it stays. */
export function oneCycle(settings: OneCycleSettings, at: number, length: number, context: ScheduleContext): number {
  const { upShare = 0.3, anneal = 'cosine', divFactor = 25, finalDivFactor = 1e4, threePhase = false } = settings;
  const top = settings.maxLearningRate ?? context.learningRate;
  const first = top / divFactor;
  const last = first / finalDivFactor;
  const up = { end: upShare * length - 1, from: first, to: top };
  const phases = threePhase
    ? [up, { end: 2 * upShare * length - 2, from: top, to: first }, { end: length - 1, from: first, to: last }]
    : [up, { end: length - 1, from: top, to: last }];
  let start = 0;
  const place = Math.min(at, length - 1);
  for (const { end, from, to } of phases) {
    // A phase that ends where it starts is over.
    if (place <= end) return ANNEAL[anneal](from, to, end > start ? (place - start) / (end - start) : 1);
    start = end;
  }
  return last;
}
