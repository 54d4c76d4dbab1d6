/** `dataset_loader`: reads a table of labelled samples. */
import { z } from 'zod';
import { rowCount } from '../../learn/index.js';
import { checkColumns, checkSource, dataConfigFields } from '../contract/index.js';
import { loadDataset } from '../load-dataset.js';
import { defineNode } from '../node-type.js';

const {
  split: _split,
  preprocess: _preprocess,
  images: _images,
  transforms: _transforms,
  ...sourceFields
} = dataConfigFields;

export const datasetLoader = defineNode({
  type: 'dataset_loader',
  aliases: ['dataLoader'],
  name: 'Load data',
  category: 'data',
  description: 'Reads a CSV file with a label column, or the built-in "wdbc".',
  inputs: {},
  outputs: {
    dataset: { type: 'dataset', description: 'All samples, raw.' },
    num_samples: { type: 'number' },
  },
  config: z.strictObject(sourceFields).superRefine((config, context) => {
    checkSource(config, context);
    checkColumns(config, context);
  }),
  run: (inputs, context) => {
    const dataset = loadDataset(inputs, context.dataRoots);
    for (const note of dataset.notes ?? []) context.emit({ kind: 'state', type: 'note', message: note });
    return { dataset, num_samples: rowCount(dataset) };
  },
});
