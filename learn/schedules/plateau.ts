/** Lowers the learning rate when a figure stops getting better, as `torch.optim.lr_scheduler.ReduceLROnPlateau`. */

/** When the rate is lowered, and by how much; the names and defaults are those of PyTorch. */
export interface PlateauSettings {
  /** Whether less (the default) or more is better. */
  readonly mode?: 'min' | 'max';
  /** The rate is multiplied by it, 0 to below 1. Default 0.1. */
  readonly factor?: number;
  /** Epochs without a better figure that pass unpunished. Default 10. */
  readonly patience?: number;
  /** How much better is better. Default 1e-4. */
  readonly threshold?: number;
  /** Whether the threshold is a share of the best figure (the default) or a difference. */
  readonly thresholdMode?: 'relative' | 'absolute';
  /** Epochs after a reduction in which none is counted. Default 0. */
  readonly cooldown?: number;
  /** Default 0. */
  readonly minLearningRate?: number;
  /** A reduction that is not larger is left out. Default 1e-8. */
  readonly leastChange?: number;
}

/** Plain data, so that a checkpoint can hold it. */
export interface PlateauState {
  readonly learningRate: number;
  /** Absent before the first figure that is a number. */
  readonly best?: number;
  readonly badEpochs: number;
  readonly cooldownLeft: number;
}

/** The state before the first epoch. */
export function startPlateau(learningRate: number): PlateauState {
  return { learningRate, badEpochs: 0, cooldownLeft: 0 };
}

/** The state after an epoch whose figure is `metric`. A figure that is not a number is no better one. */
export function nextPlateau(settings: PlateauSettings, state: PlateauState, metric: number): PlateauState {
  const { factor = 0.1, patience = 10, cooldown = 0, minLearningRate = 0, leastChange = 1e-8 } = settings;
  const better = isBetter(settings, metric, state.best);
  const best = better ? metric : state.best;
  const cooling = state.cooldownLeft > 0;
  const badEpochs = better || cooling ? 0 : state.badEpochs + 1;
  const seen = { ...(best !== undefined && { best }) };
  if (badEpochs <= patience) {
    const cooldownLeft = cooling ? state.cooldownLeft - 1 : 0;
    return { ...seen, learningRate: state.learningRate, badEpochs, cooldownLeft };
  }
  const reduced = Math.max(state.learningRate * factor, minLearningRate);
  const learningRate = state.learningRate - reduced > leastChange ? reduced : state.learningRate;
  return { ...seen, learningRate, badEpochs: 0, cooldownLeft: cooldown };
}

function isBetter(settings: PlateauSettings, metric: number, best: number | undefined): boolean {
  const { mode = 'min', threshold = 1e-4, thresholdMode = 'relative' } = settings;
  const sign = mode === 'min' ? -1 : 1;
  // The worst figure there is: with a relative threshold it stays infinite.
  const last = best ?? -sign * Number.POSITIVE_INFINITY;
  const bar = thresholdMode === 'relative' ? last * (1 + sign * threshold) : last + sign * threshold;
  return mode === 'min' ? metric < bar : metric > bar;
}
