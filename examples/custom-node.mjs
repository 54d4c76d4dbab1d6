/**
 * A node type of your own: refuses a cohort that is too small or too full of holes, and passes a good one on.
 *
 *   ganglion run examples/custom-node.json --nodes examples/custom-node.mjs
 */
import { defineNode } from 'ganglion';
import { z } from 'zod';

export default defineNode({
  type: 'cohort_check',
  name: 'Check the cohort',
  category: 'data',
  description: 'Fails when a class has too few rows, or a column too many missing values.',
  inputs: { dataset: { type: 'dataset' } },
  outputs: { dataset: { type: 'dataset' }, report: { type: 'cohort_report' } },
  // Checked before anything runs. A wrong or unknown key is told with its place.
  config: z.strictObject({
    least_rows: z.int().min(1).default(50).describe('Rows that every class must have.'),
    most_missing: z.number().min(0).max(1).default(0.2).describe('Share of missing values that a column may have.'),
  }),
  run({ dataset, least_rows, most_missing }, context) {
    const { columns, features, labels, classNames } = dataset;
    const rows = Object.fromEntries(classNames.map((name) => [name, 0]));
    for (const label of labels.data) rows[classNames[label]] += 1;
    const small = classNames.filter((name) => rows[name] < least_rows);
    if (small.length > 0) throw new Error(`fewer than ${least_rows} rows: ${small.join(', ')}`);

    const missing = {};
    for (const [index, { name }] of columns.entries()) {
      // Lets a cancelled run end here, although this loop never awaits.
      context.throwIfStopped();
      let holes = 0;
      for (let row = 0; row < labels.data.length; row++) {
        if (Number.isNaN(features.data[row * columns.length + index])) holes += 1;
      }
      missing[name] = holes / labels.data.length;
      context.progress((100 * (index + 1)) / columns.length);
    }
    const holey = Object.keys(missing).filter((name) => missing[name] > most_missing);
    if (holey.length > 0) throw new Error(`more than ${100 * most_missing} % missing: ${holey.join(', ')}`);

    context.emit({ kind: 'state', type: 'cohort', rows });
    return { dataset, report: { rows, missing } };
  },
});
