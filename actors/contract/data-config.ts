/** `data_config`: which samples are used, what is learnt from which columns, and how they are parted. */
import { z } from 'zod';
import { choice, notYet } from './available.js';
import { distinct, name, path, seed } from './fields.js';

/** Fractions must add up to 1 within this: 0.7 + 0.15 + 0.15 is not exactly 1 in binary. */
const SUM_TOLERANCE = 1e-9;

const fraction = z.number().min(0).max(1);

/** How the samples are parted into training, validation and test. Rows of one patient (`group`) always stay together. */
export const split = z
  .strictObject({
    train: fraction.gt(0).default(0.7),
    val: fraction.default(0.15),
    test: fraction.gt(0).default(0.15),
    seed: seed.optional().describe('The seed of the training when left out.'),
    by: choice(
      ['stratified', 'random'],
      ['time', 'site', 'column'],
      'use "stratified" or "random"; patients stay together through `group`',
    )
      .default('stratified')
      .describe('"stratified" keeps the shares of the classes in every part.'),
  })
  .superRefine(({ train, val, test }, context) => {
    const sum = train + val + test;
    if (Math.abs(sum - 1) > SUM_TOLERANCE) {
      context.addIssue({
        code: 'custom',
        message: `train ${train} + val ${val} + test ${test} make ${Number(sum.toFixed(9))}, not 1. Give all three: one left out takes its default (train 0.7, val 0.15, test 0.15)`,
      });
    }
  });

export type Split = z.infer<typeof split>;

/** Fitted on the training rows only, wherever it is asked for. */
export const preprocess = z.strictObject({
  impute: choice(['median', 'mean', 'most_frequent', 'none'], ['knn', 'iterative'], 'use "median"').default('median'),
  scale: choice(['standard', 'minmax', 'none'], ['robust', 'quantile'], 'use "standard"').default('standard'),
});

export type Preprocess = z.infer<typeof preprocess>;

/** Endings of files that the contract names and this version cannot read. */
const LATER_FILES: readonly (readonly [ending: string, what: string])[] = [
  ['.parquet', 'Parquet files'],
  ['.npz', 'NumPy archives'],
  ['.npy', 'NumPy arrays'],
  ['.dcm', 'DICOM files'],
  ['.nii', 'NIfTI files'],
  ['.nii.gz', 'NIfTI files'],
  ['.json', 'manifests'],
  ['.jsonl', 'manifests'],
  ['.zip', 'archives'],
];

const dataPath = path.superRefine((file, context) => {
  const later = LATER_FILES.find(([ending]) => file.toLowerCase().endsWith(ending));
  if (later !== undefined) {
    context.addIssue({ code: 'custom', message: `${later[1]} are not available in this version: give a CSV file` });
  }
});

/** The fields alone, for node types that take the same words. */
export const dataConfigFields = {
  dataset: z
    .union([z.string().min(1).max(200), z.int().min(1)])
    .optional()
    .describe('A data set by its name: the built-in "wdbc" in this version.'),
  data_path: dataPath.optional().describe('A CSV file with a header line, below one of the data folders.'),
  num_samples: z.int().min(1).max(1_000_000_000).optional().describe('Use at most so many of the real samples.'),
  label: name.optional().describe('The column to learn; required with `data_path`.'),
  features: distinct(name, 1, 100_000).optional().describe('The columns to learn from; all the others when left out.'),
  group: name.optional().describe('The column of the patient: rows of one patient never part.'),
  split: split.prefault({}),
  missing: z
    .union([z.string().max(100), distinct(z.string().max(100), 0, 100)])
    .optional()
    .describe('The cells that mean "missing".'),
  positive: z
    .union([name, z.number(), z.boolean()])
    .optional()
    .describe(
      'The diseased class, to which every sensitivity refers; required for two classes unless the data set declares it.',
    ),
  class_names: distinct(name, 2, 1000).optional(),
  categorical: distinct(name, 0, 100_000)
    .optional()
    .describe('Columns whose values are names, even where they look like numbers.'),
  preprocess: preprocess
    .optional()
    .describe(
      'Medians for missing values and standard scale when left out; in front of a network from a file, nothing.',
    ),
  images: notYet('images cannot be read yet; give the tabular columns as `features`'),
  transforms: notYet('there is no augmentation of tabular data; leave it out', 'none'),
} as const;

type Fields = z.infer<z.ZodObject<typeof dataConfigFields>>;

/** Where samples come from: exactly one source, and what a file cannot say of itself. */
export function checkSource(
  config: Pick<Fields, 'dataset' | 'data_path' | 'label'>,
  context: z.core.$RefinementCtx,
): void {
  if (config.dataset === undefined && config.data_path === undefined) {
    context.addIssue({
      code: 'custom',
      message:
        'names no data: give `dataset` (for instance "wdbc") or `data_path` (a CSV file). Nothing is trained on made-up samples',
    });
  }
  if (config.dataset !== undefined && config.data_path !== undefined) {
    context.addIssue({ code: 'custom', path: ['data_path'], message: 'stands beside `dataset`: give one of the two' });
  }
  if (config.data_path !== undefined && config.label === undefined) {
    context.addIssue({ code: 'custom', path: ['label'], message: 'is required with `data_path`: the column to learn' });
  }
}

/** Columns that may not meet: a label or a patient's id among the features is a leak. */
export function checkColumns(
  config: Pick<Fields, 'label' | 'features' | 'group' | 'categorical'>,
  context: z.core.$RefinementCtx,
): void {
  const { label, features, group, categorical } = config;
  const refuse = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
  if (label !== undefined && label === group)
    refuse(['group'], 'is the column to learn: name the column of the patient');
  features?.forEach((feature, index) => {
    if (feature === label)
      refuse(['features', index], 'is the label: a network that sees the answer learns nothing. Leave it out');
    else if (feature === group) refuse(['features', index], 'is the column of the patient: leave it out');
  });
  categorical?.forEach((column, index) => {
    if (column === label) refuse(['categorical', index], 'is the label: labels are names anyway. Leave it out');
    else if (features !== undefined && !features.includes(column))
      refuse(['categorical', index], 'is not among `features`: leave it out');
  });
}

/** `data_config` of a training job. */
export const dataConfig = z.strictObject(dataConfigFields).superRefine((config, context) => {
  checkSource(config, context);
  checkColumns(config, context);
});

export type DataConfig = z.infer<typeof dataConfig>;
