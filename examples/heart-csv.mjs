/**
 * Makes heart.csv of `processed.cleveland.data` (UCI Heart Disease, CC BY 4.0, https://doi.org/10.24432/C52P4X):
 * adds the header that the file lacks, and the column `disease`, which is 1 where `num`, the degree of the disease, is above 0.
 * `num` itself is left out: it would tell the answer.
 *
 *   node examples/heart-csv.mjs processed.cleveland.data > heart.csv
 */
import { readFileSync } from 'node:fs';

const COLUMNS = 'age,sex,cp,trestbps,chol,fbs,restecg,thalach,exang,oldpeak,slope,ca,thal'.split(',');

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('name the file: node examples/heart-csv.mjs processed.cleveland.data');

const rows = readFileSync(file, 'utf8').trim().split(/\r?\n/);
console.log([...COLUMNS, 'disease'].join(','));
for (const [index, row] of rows.entries()) {
  const cells = row.split(',');
  const degree = Number(cells.at(-1));
  if (cells.length !== COLUMNS.length + 1 || !Number.isInteger(degree)) {
    throw new Error(`${file}, line ${index + 1}: ${COLUMNS.length + 1} cells are expected, the last a whole number`);
  }
  console.log([...cells.slice(0, -1), degree > 0 ? 1 : 0].join(','));
}
