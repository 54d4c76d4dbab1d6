/** What follows the backward pass: gradients become new weights, and the rest of the state moves on. */
import { Arithmetic, type GraphBuilder, type Value } from '../onnx/index.js';
import { clipByGlobalNorm, clipByValue, emitAverages, emitUpdates, globalNorm } from '../optimizers/index.js';
import { accumulate } from './accumulation.js';
import type { RunningStatistic } from './layer-statistics.js';
import { type LossScale, nextLossScale } from './loss-scale.js';
import type { TrainingGraphOptions } from './options.js';
import type { Slot } from './slot.js';

/** A step before its update. */
export interface Step {
  readonly graph: GraphBuilder;
  readonly parameters: readonly Value[];
  readonly gradients: readonly Value[];
  readonly statistics: readonly RunningStatistic[];
  readonly learningRate: Value;
  /** How much the batch weighs among others whose gradients are added up, float32 scalar. */
  readonly weight: () => Value;
  readonly lossScale: LossScale | undefined;
}

export interface Updated {
  readonly slots: readonly Slot[];
  readonly apply?: Value;
  readonly gradientNorm?: Value;
}

/** Adds the nodes of the update: the last ones of the graph. */
export function emitStep(step: Step, options: TrainingGraphOptions): Updated {
  const { graph, parameters, statistics, learningRate, lossScale } = step;
  const { optimizer, groups, clipNorm, clipValue, averageDecay, averageWarmUp = false } = options;
  return graph.names.within('update', () => {
    const math = new Arithmetic(graph);
    let { gradients } = step;
    if (lossScale) {
      const factor = math.div(1, lossScale.scale);
      gradients = gradients.map((gradient) => math.mul(gradient, math.cast(factor, gradient.dtype)));
    }
    const accumulated = options.accumulate ? accumulate(math, parameters, gradients, step.weight()) : undefined;
    gradients = accumulated?.gradients ?? gradients;
    // Before any clipping: limited to the largest value, an infinite element would pass for a finite one.
    const norm = clipNorm !== undefined || lossScale ? globalNorm(math, gradients) : undefined;
    if (clipValue !== undefined) gradients = clipByValue(math, gradients, clipValue);
    if (clipNorm !== undefined)
      gradients = clipByGlobalNorm(math, gradients, clipNorm, clipValue === undefined ? norm : undefined);

    // NaN is not below infinity either.
    const finite = lossScale && math.less(norm!, Number.POSITIVE_INFINITY);
    const { apply } = accumulated ?? {};
    const goes = finite && apply ? math.and(finite, apply) : (finite ?? apply);
    const trainables = parameters.map((parameter, index) => ({
      name: parameter.name,
      parameter,
      gradient: gradients[index]!,
    }));
    const updates = emitUpdates(graph, optimizer, trainables, learningRate, groups);
    const averages =
      averageDecay === undefined ? [] : emitAverages(graph, updates, averageDecay, { warmUp: averageWarmUp });
    const moving = [...updates, ...averages].map((slot): Slot => (goes ? onlyIf(math, goes, slot) : slot));
    // Every batch moves them, also one whose gradients are only added up; an overflow could have made them infinite.
    const running = statistics.map(({ name, input, next }): Slot => {
      const slot: Slot = { name, role: 'statistic', input, output: next };
      return finite ? onlyIf(math, finite, slot) : slot;
    });
    return {
      slots: [
        ...moving,
        ...running,
        ...(accumulated?.slots ?? []),
        ...(lossScale ? nextLossScale(math, lossScale, finite!, apply) : []),
      ],
      ...(apply && { apply }),
      ...(norm && { gradientNorm: norm }),
    };
  });
}

function onlyIf(math: Arithmetic, condition: Value, slot: Slot): Slot {
  return { ...slot, output: math.where(condition, slot.output, slot.input) };
}
