/** The losses with their definitions: at least one case for each row of the table. */
import type { Random } from '../random.js';
import * as definition from './fixtures/definitions.js';
import type { LossSettings } from './index.js';

export interface LossCase {
  readonly title: string;
  readonly settings: LossSettings;
  /** Extents of one row of the output. */
  readonly output: readonly number[];
  /** Extents of one row of the target, and how one is drawn. */
  readonly target: readonly number[];
  readonly targetType: 'float' | 'int64';
  draw(random: Random): number[];
  readonly definition: definition.Definition;
  /** Whether a row with the weight 2 is the same as the row twice. Efron's mean weight of ties is not. */
  readonly weightsAreCounts?: false;
  /** What a batch whose rows all have the weight 0 gives: NaN, as the mean of nothing, unless said otherwise. */
  readonly ofNothing?: 0 | undefined;
}

const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
const whole = (random: Random, below: number): number => Math.floor(random.uniform() * below);
const labels =
  (count: number, classes: number) =>
  (random: Random): number[] =>
    times(count, () => whole(random, classes));
const values =
  (count: number) =>
  (random: Random): number[] =>
    times(count, () => 4 * random.uniform() - 2);
const answers =
  (count: number) =>
  (random: Random): number[] =>
    times(count, () => whole(random, 2));
const distribution =
  (classes: number) =>
  (random: Random): number[] => {
    const parts = times(classes, () => random.uniform() + 0.01);
    const total = parts.reduce((sum, part) => sum + part);
    return parts.map((part) => part / total);
  };
/** Few different times, so that there are ties. */
const seen = (random: Random): number[] => [1 + whole(random, 4), whole(random, 3) > 0 ? 1 : 0];
const sign = (random: Random): number[] => [whole(random, 2) === 0 ? -1 : 1];

const { ofElements, ofRows, ofRegions, ofPairs } = definition;
const byClass = { classes: 3 } as const;
const image = [2, 3] as const;
const volume = [2, 2, 2] as const;

const labelled = (title: string, settings: LossSettings, of: definition.Definition): LossCase => ({
  title,
  settings,
  output: [3],
  target: [],
  targetType: 'int64',
  draw: labels(1, 3),
  definition: of,
});

const image3 = (title: string, settings: LossSettings, of: definition.Definition, count = 3): LossCase => ({
  title,
  settings,
  output: [3, ...image],
  target: image,
  targetType: 'int64',
  draw: labels(6, count),
  definition: of,
});

const regions2 = (title: string, settings: LossSettings, of: definition.Definition): LossCase => ({
  title,
  settings,
  output: [2, ...volume],
  target: [2, ...volume],
  targetType: 'float',
  draw: answers(16),
  definition: of,
});

const elements = (
  title: string,
  settings: LossSettings,
  draw: (count: number) => (random: Random) => number[],
  each: Parameters<typeof ofElements>[0],
  ignoreTarget?: number,
): LossCase => ({
  title,
  settings,
  output: [4],
  target: [4],
  targetType: 'float',
  draw: draw(4),
  definition: ofElements(each, ignoreTarget),
});

const survival = (
  title: string,
  settings: LossSettings,
  more: Pick<LossCase, 'definition'> & Partial<LossCase>,
): LossCase => ({
  title,
  settings,
  output: [1],
  target: [2],
  targetType: 'float',
  draw: seen,
  ofNothing: 0,
  ...more,
});

const boundaries = [0, 1, 2.5, 4];
const squared = (x: number, t: number): number => (x - t) ** 2;
const rounded = (delta: number) => (x: number, t: number) => {
  const size = Math.abs(x - t);
  return size <= delta ? size ** 2 / 2 : delta * (size - delta / 2);
};
const outlives = ([time, event]: readonly number[], [otherTime, otherEvent]: readonly number[]): boolean =>
  event === 1 && (time! < otherTime! || (time === otherTime && otherEvent === 0));
const logistic = (lead: number): number => definition.softplus(-lead);

const { crossEntropyOfLabels, crossEntropyOfShares, diceOf, tverskyOf } = definition;

export const LOSS_CASES: readonly LossCase[] = [
  labelled('cross-entropy', { type: 'cross_entropy' }, crossEntropyOfLabels(byClass)),
  labelled(
    'cross-entropy, classes weighted and labels smoothed',
    { type: 'cross_entropy', classWeights: [1, 0.25, 3], labelSmoothing: 0.2 },
    crossEntropyOfLabels({ ...byClass, classWeights: [1, 0.25, 3], labelSmoothing: 0.2 }),
  ),
  image3('cross-entropy of images', { type: 'cross_entropy' }, crossEntropyOfLabels(byClass)),
  image3(
    'cross-entropy of images, with an ignored label',
    { type: 'cross_entropy', ignoreLabel: 3, labelSmoothing: 0.1, classWeights: [1, 2, 3] },
    crossEntropyOfLabels({ ...byClass, ignoreLabel: 3, labelSmoothing: 0.1, classWeights: [1, 2, 3] }),
    4,
  ),
  {
    ...labelled(
      'cross-entropy with shares',
      { type: 'cross_entropy', targets: 'shares', classWeights: [1, 2, 3], labelSmoothing: 0.1 },
      crossEntropyOfShares({ ...byClass, classWeights: [1, 2, 3], labelSmoothing: 0.1 }),
    ),
    target: [3],
    targetType: 'float',
    draw: distribution(3),
  },
  {
    ...regions2(
      'cross-entropy with shares of images',
      { type: 'cross_entropy', targets: 'shares' },
      crossEntropyOfShares({ classes: 2 }),
    ),
    draw: values(16),
  },
  elements('binary cross-entropy', { type: 'binary_cross_entropy' }, answers, (x, t) =>
    definition.binaryCrossEntropyOf(x, t),
  ),
  elements(
    'binary cross-entropy, weighted by output, smoothed, with unknown findings',
    { type: 'binary_cross_entropy', positiveWeight: [1, 2, 3, 0.5], labelSmoothing: 0.1, ignoreTarget: -1 },
    (count) => (random) => times(count, () => whole(random, 3) - 1),
    (x, t, index) => definition.binaryCrossEntropyOf(x, 0.9 * t + 0.05, [1, 2, 3, 0.5][index]),
    -1,
  ),
  {
    ...regions2(
      'binary cross-entropy of volumes',
      { type: 'binary_cross_entropy', positiveWeight: 5 },
      ofElements((x, t) => definition.binaryCrossEntropyOf(x, t, 5)),
    ),
  },
  labelled(
    'focal',
    { type: 'focal' },
    ofRows((x, [label]) => definition.focalOf(x, label!, 2)),
  ),
  labelled(
    'focal, with weights and an exponent below 1',
    { type: 'focal', gamma: 0.5, alpha: [1, 2, 3] },
    ofRows((x, [label]) => definition.focalOf(x, label!, 0.5, [1, 2, 3])),
  ),
  elements('binary focal', { type: 'focal', activation: 'sigmoid', gamma: 1.5, alpha: 0.25 }, answers, (x, t) =>
    definition.binaryFocalOf(x, t, 1.5, 0.25),
  ),
  {
    ...labelled(
      'KL divergence',
      { type: 'kl_divergence' },
      ofRows((x, t) => definition.klDivergenceOf(x, t)),
    ),
    target: [3],
    targetType: 'float',
    draw: (random) => [0, ...distribution(2)(random)],
  },
  {
    ...labelled(
      'KL divergence from logarithms',
      { type: 'kl_divergence', logTarget: true },
      ofRows((x, t) => definition.klDivergenceOf(x, t, true)),
    ),
    target: [3],
    targetType: 'float',
    draw: (random) => distribution(3)(random).map(Math.log),
  },
  {
    ...labelled(
      'ordinal',
      { type: 'ordinal' },
      ofRows((x, [grade]) => definition.ordinalOf(x, grade!)),
    ),
    draw: labels(1, 4),
  },
  image3('Dice', { type: 'dice' }, ofRegions({ classes: 3, exclusive: true }, diceOf())),
  image3(
    'Dice, squared, without background and with an ignored label',
    { type: 'dice', squaredDenominator: true, includeBackground: false, smoothing: 0.5, ignoreLabel: 3 },
    ofRegions({ classes: 3, exclusive: true, squared: true, includeBackground: false, ignoreLabel: 3 }, diceOf(0.5)),
    4,
  ),
  {
    ...image3(
      'Dice of a batch',
      { type: 'dice', batch: true },
      ofRegions({ classes: 3, exclusive: true, batch: true }, diceOf()),
    ),
    ofNothing: 0,
  },
  regions2(
    'Dice of regions',
    { type: 'dice', activation: 'sigmoid', squaredDenominator: true },
    ofRegions({ classes: 2, exclusive: false, squared: true }, diceOf()),
  ),
  image3('Tversky', { type: 'tversky' }, ofRegions({ classes: 3, exclusive: true }, tverskyOf(0.3, 0.7))),
  regions2(
    'focal Tversky of regions',
    { type: 'tversky', activation: 'sigmoid', falsePositives: 0.4, falseNegatives: 0.6, exponent: 0.75 },
    ofRegions({ classes: 2, exclusive: false }, tverskyOf(0.4, 0.6, 0.75)),
  ),
  image3(
    'Dice and cross-entropy',
    {
      type: 'dice_cross_entropy',
      diceWeight: 0.5,
      crossEntropyWeight: 2,
      classWeights: [1, 2, 3],
      includeBackground: false,
    },
    (batch) =>
      0.5 * ofRegions({ classes: 3, exclusive: true, includeBackground: false }, diceOf())(batch) +
      2 * crossEntropyOfLabels({ ...byClass, classWeights: [1, 2, 3] })(batch),
  ),
  regions2(
    'Dice and binary cross-entropy',
    { type: 'dice_cross_entropy', activation: 'sigmoid', positiveWeight: 3 },
    (batch) =>
      ofRegions({ classes: 2, exclusive: false }, diceOf())(batch) +
      ofElements((x, t) => definition.binaryCrossEntropyOf(x, t, 3))(batch),
  ),
  elements('squared error', { type: 'mse' }, values, squared),
  elements(
    'squared error with unknown values',
    { type: 'mse', ignoreTarget: -999 },
    (count) => (random) => times(count, () => (whole(random, 3) === 0 ? -999 : random.uniform())),
    squared,
    -999,
  ),
  elements('absolute error', { type: 'l1' }, values, (x, t) => Math.abs(x - t)),
  elements('Huber', { type: 'huber', delta: 0.7 }, values, rounded(0.7)),
  elements('smooth L1', { type: 'smooth_l1', beta: 0.4 }, values, (x, t) => rounded(0.4)(x, t) / 0.4),
  elements('quantile', { type: 'quantile', quantile: 0.9 }, values, (x, t) => Math.max(0.9 * (t - x), 0.1 * (x - t))),
  survival('Cox, Breslow', { type: 'cox', ties: 'breslow' }, { definition: definition.cox('breslow') }),
  survival('Cox, Efron', { type: 'cox' }, { definition: definition.cox('efron'), weightsAreCounts: false }),
  survival(
    'Cox with strata',
    { type: 'cox', strata: true },
    {
      definition: definition.cox('efron'),
      weightsAreCounts: false,
      target: [3],
      draw: (random) => [...seen(random), whole(random, 2)],
    },
  ),
  {
    ...survival(
      'discrete survival',
      { type: 'discrete_survival', boundaries },
      { definition: ofRows((x, t) => definition.discreteSurvivalOf(x, t, boundaries)) },
    ),
    output: [3],
    draw: (random) => [5 * random.uniform() - 0.5, whole(random, 2)],
    ofNothing: undefined,
  },
  survival('survival ranking', { type: 'survival_ranking' }, { definition: ofPairs(outlives, logistic) }),
  survival(
    'survival ranking with a hinge',
    { type: 'survival_ranking', surrogate: 'hinge', margin: 0.5 },
    { definition: ofPairs(outlives, (lead) => Math.max(0, 0.5 - lead)) },
  ),
  survival(
    'pairwise ranking',
    { type: 'pairwise_ranking' },
    {
      definition: ofPairs(([a], [b]) => a! > b!, logistic),
      output: [],
      target: [],
      draw: (random) => [whole(random, 3)],
    },
  ),
  {
    ...elements('margin ranking', { type: 'margin_ranking', margin: 0.3 }, values, squared),
    output: [2],
    target: [],
    draw: sign,
    definition: ofRows(([a, b], [order]) => Math.max(0, 0.3 - order! * (a! - b!))),
  },
  {
    ...elements('cosine embedding', { type: 'cosine_embedding', margin: 0.2 }, values, squared),
    output: [2, 3],
    target: [],
    draw: sign,
    definition: ofRows((x, [like]) => definition.cosineEmbeddingOf(x, like!, 0.2)),
  },
];
