/** The table of losses that a model can be trained with. */
import { Arithmetic, type GraphBuilder, OnnxError, type Value, type ValueType } from '../onnx/index.js';
import { BINARY_CROSS_ENTROPY, type BinaryCrossEntropySettings } from './binary-cross-entropy.js';
import { COX, type CoxSettings } from './cox.js';
import { CROSS_ENTROPY, type CrossEntropySettings } from './cross-entropy.js';
import { DICE, type DiceSettings } from './dice.js';
import { DICE_CROSS_ENTROPY, type DiceCrossEntropySettings } from './dice-cross-entropy.js';
import { DISCRETE_SURVIVAL, type DiscreteSurvivalSettings } from './discrete-survival.js';
import { FOCAL, type FocalSettings } from './focal.js';
import { KL_DIVERGENCE, type KlDivergenceSettings } from './kl-divergence.js';
import { checkOptions } from './options.js';
import { ORDINAL, type OrdinalSettings } from './ordinal.js';
import { PAIRWISE_RANKING, type RankingSettings, SURVIVAL_RANKING } from './ranking.js';
import {
  HUBER,
  type HuberSettings,
  L1,
  MSE,
  QUANTILE,
  type QuantileSettings,
  SMOOTH_L1,
  type SmoothL1Settings,
  type ValueSettings,
} from './regression.js';
import type { Link, LossRule } from './rule.js';
import {
  COSINE_EMBEDDING,
  type CosineEmbeddingSettings,
  MARGIN_RANKING,
  type MarginRankingSettings,
} from './similarity.js';
import { TVERSKY, type TverskySettings } from './tversky.js';

/** The settings of each loss by its name. */
export interface LossTypes {
  readonly cross_entropy: CrossEntropySettings;
  readonly binary_cross_entropy: BinaryCrossEntropySettings;
  readonly focal: FocalSettings;
  readonly kl_divergence: KlDivergenceSettings;
  readonly ordinal: OrdinalSettings;
  readonly dice: DiceSettings;
  readonly tversky: TverskySettings;
  readonly dice_cross_entropy: DiceCrossEntropySettings;
  readonly mse: ValueSettings;
  readonly l1: ValueSettings;
  readonly huber: HuberSettings;
  readonly smooth_l1: SmoothL1Settings;
  readonly quantile: QuantileSettings;
  readonly cox: CoxSettings;
  readonly discrete_survival: DiscreteSurvivalSettings;
  readonly survival_ranking: RankingSettings;
  readonly pairwise_ranking: RankingSettings;
  readonly margin_ranking: MarginRankingSettings;
  readonly cosine_embedding: CosineEmbeddingSettings;
}

/** A loss by its name, with its settings. */
export type LossSettings = { readonly [T in keyof LossTypes]: { readonly type: T } & LossTypes[T] }[keyof LossTypes];

const LOSSES: { readonly [T in keyof LossTypes]: LossRule<LossTypes[T]> } = {
  cross_entropy: CROSS_ENTROPY,
  binary_cross_entropy: BINARY_CROSS_ENTROPY,
  focal: FOCAL,
  kl_divergence: KL_DIVERGENCE,
  ordinal: ORDINAL,
  dice: DICE,
  tversky: TVERSKY,
  dice_cross_entropy: DICE_CROSS_ENTROPY,
  mse: MSE,
  l1: L1,
  huber: HUBER,
  smooth_l1: SMOOTH_L1,
  quantile: QUANTILE,
  cox: COX,
  discrete_survival: DISCRETE_SURVIVAL,
  survival_ranking: SURVIVAL_RANKING,
  pairwise_ranking: PAIRWISE_RANKING,
  margin_ranking: MARGIN_RANKING,
  cosine_embedding: COSINE_EMBEDDING,
};

/** What `type` of the settings of a loss may be. */
export const LOSS_NAMES = Object.keys(LOSSES) as readonly (keyof LossTypes)[];

/** A loss with its settings: what a trainer needs to know of it. */
export interface Loss {
  /** How the network's output becomes what people read. */
  readonly link: Link;
  /**
   * Element type and shape of what the loss compares the network's output with.
   * @throws OnnxError when the output does not suit the loss
   */
  target(output: ValueType): ValueType;
  /**
   * Adds the mean loss to the graph, a scalar.
   * @param sampleWeights [N], of the output's type; a row of weight 0 has no part
   * @throws OnnxError when output, target or settings do not fit one another
   */
  emit(graph: GraphBuilder, output: Value, target: Value, sampleWeights: Value | undefined): Value;
  /**
   * Adds how much a batch weighs when the means of several are put together, a scalar: what its mean divides by, or a multiple of that which
   * is the same for all. Losses that are no means of rows (Dice with `batch`, Cox, ranking) count by the rows.
   */
  weight(graph: GraphBuilder, output: Value, target: Value, sampleWeights: Value | undefined): Value;
}

/** @throws OnnxError when there is no such loss, or one of its settings is unknown or out of range */
export function lossRule(settings: LossSettings): Loss {
  const { type, ...options } = settings;
  if (!Object.hasOwn(LOSSES, type)) {
    throw new OnnxError(`there is no loss "${type}": choose one of ${LOSS_NAMES.join(', ')}`);
  }
  // The compiler does not see that settings and row belong to the same name.
  const rule = LOSSES[type] as unknown as LossRule<object>;
  checkOptions(type, rule.checks, options);
  return {
    link: rule.link(options),
    target: (output) => rule.target(output, options),
    emit: (graph, output, target, sampleWeights) => rule.emit(graph, output, target, options, sampleWeights),
    weight: (graph, output, target, sampleWeights) => {
      const math = new Arithmetic(graph);
      const divisor = rule.divisor?.(graph, output, target, options, sampleWeights);
      return divisor ?? (sampleWeights ? math.sum(sampleWeights) : math.squeeze(math.extentOf(target, 0), [0]));
    },
  };
}
