/** Losses, written as nodes of a graph. */
export { type BinaryCrossEntropyOptions, binaryCrossEntropy } from './binary-cross-entropy.js';
export { type CoxOptions, coxPartialLikelihood } from './cox.js';
export { type CrossEntropyOptions, crossEntropy } from './cross-entropy.js';
export { type DiceOptions, dice } from './dice.js';
export { type DiceCrossEntropyOptions, diceCrossEntropy } from './dice-cross-entropy.js';
export { type DiscreteSurvivalOptions, discreteSurvival } from './discrete-survival.js';
export type { ElementwiseOptions } from './elementwise.js';
export { type BinaryFocalOptions, binaryFocal, type FocalOptions, focal } from './focal.js';
export { type KlDivergenceOptions, klDivergence } from './kl-divergence.js';
export { LOSS_NAMES, type Loss, type LossSettings, lossRule } from './loss.js';
export { type OrdinalOptions, ordinal } from './ordinal.js';
export { pairwiseRanking, type RankingOptions, survivalRanking } from './ranking.js';
export type { Reduction } from './reduction.js';
export {
  type HuberOptions,
  huber,
  meanAbsoluteError,
  meanSquaredError,
  type QuantileOptions,
  quantileLoss,
  type SmoothL1Options,
  smoothL1,
} from './regression.js';
export type { Link } from './rule.js';
export {
  type CosineEmbeddingOptions,
  cosineEmbedding,
  type MarginRankingOptions,
  marginRanking,
} from './similarity.js';
export { type TverskyOptions, tversky } from './tversky.js';
