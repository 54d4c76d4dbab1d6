/** CSV -> data set. */
import { tensor } from '../../runtime/tensor.js';
import { canonicalCell, missingTest } from './cells.js';
import { readTable, type Table } from './csv-table.js';
import { createDataset, type Dataset } from './dataset.js';
import { DataError } from './errors.js';
import { type Feature, readFeature } from './features.js';
import { hash64, sha256 } from './hash.js';
import { readLabels, requireCells } from './labels.js';
import { nearestName } from './nearest.js';
import { limitRows } from './subset.js';

/** The words of a `data_config` that concern a table. */
export interface CsvOptions {
  /** Name of the data set, for people. */
  readonly name: string;
  /** Column with the class. */
  readonly label: string;
  /** Columns to learn from, in this order. Default: all but the label and the patient, in the file's order. */
  readonly features?: readonly string[];
  /** Column that tells whose row it is. Rows of one patient never end up in two parts of a split. */
  readonly group?: string;
  /** The diseased class: its name or its value in the label column. */
  readonly positive?: string | number;
  /** Names for the classes, in the order of the labels (numeric, or alphabetic). */
  readonly class_names?: readonly string[];
  /** Cells that mean "no value"; replaces the default list (empty, NA, NaN, ?, null). Case does not count. */
  readonly missing?: readonly string[];
  /** Columns whose values are categories, also when they look like numbers. */
  readonly categorical?: readonly string[];
  /** Use at most so many rows; see {@link limitRows} for which. */
  readonly num_samples?: number;
}

function requireColumns(table: Table, names: readonly string[], option: string): void {
  for (const column of names) {
    if (table.header.includes(column)) continue;
    const near = nearestName(column, table.header);
    const remedy = near ? `Did you mean "${near}"?` : `The file has: ${table.header.slice(0, 20).join(', ')}.`;
    throw new DataError('missing_column', `\`${option}\` names a column that is not in the file`, remedy, { column });
  }
}

function conflict(column: string, problem: string, remedy: string): never {
  throw new DataError('column_conflict', problem, remedy, { column });
}

/** The columns to learn from, after every check that needs only names. */
function chooseFeatures(table: Table, { label, features, group, categorical = [] }: CsvOptions): readonly string[] {
  requireColumns(table, [label], 'label');
  if (group !== undefined) requireColumns(table, [group], 'group');
  if (group === label)
    conflict(label, '`group` and `label` are the same column', 'Name the column with the patient in `group`.');
  const chosen = features ?? table.header.filter((column) => column !== label && column !== group);
  requireColumns(table, chosen, 'features');
  requireColumns(table, categorical, 'categorical');
  const twice = chosen.find((column, index) => chosen.indexOf(column) !== index);
  if (twice !== undefined) conflict(twice, '`features` names the column twice', 'Name it once.');
  if (chosen.includes(label))
    conflict(
      label,
      'the label is among the features: the model would be told the answer',
      'Take it out of `features`.',
    );
  if (group !== undefined && chosen.includes(group)) {
    conflict(group, 'the patient is among the features: the model would learn who it is', 'Take it out of `features`.');
  }
  const unused = categorical.find((column) => !chosen.includes(column));
  if (unused !== undefined)
    conflict(unused, '`categorical` names a column that is not a feature', 'Take it out of `categorical`.');
  if (chosen.length === 0) {
    throw new DataError(
      'missing_column',
      'there is no column left to learn from',
      'Name at least one column in `features`.',
    );
  }
  return chosen;
}

/** [N] The whole record of each row. Cells go in the order of the columns' names: moving a column changes nothing. */
function hashRows({ header, rows }: Table): BigUint64Array {
  const order = header.map((_, index) => index).sort((a, b) => (header[a]! < header[b]! ? -1 : 1));
  return BigUint64Array.from(rows, (row) => hash64(order.map((index) => canonicalCell(row[index]!)).join('\u001f')));
}

function readPatients(table: Table, column: string, isMissing: (cell: string) => boolean) {
  const position = table.header.indexOf(column);
  const cells = table.rows.map((row) => row[position]!);
  requireCells('missing_group', { name: column, cells, lines: table.lines, isMissing });
  const numbers = new Map<string, number>();
  const groups = new Int32Array(cells.length);
  const groupHashes = new BigUint64Array(cells.length);
  for (const [row, cell] of cells.entries()) {
    // `7`, `007` and `7.0` are one patient: joining two by mistake costs a little balance, parting one leaks.
    const patient = canonicalCell(cell);
    if (!numbers.has(patient)) numbers.set(patient, numbers.size);
    groups[row] = numbers.get(patient)!;
    groupHashes[row] = hash64(`patient\u001f${patient}`);
  }
  return { groups: tensor('int32', [cells.length], groups), groupHashes };
}

function interleave(features: readonly Feature[], count: number): Float32Array {
  const width = features.length;
  const values = new Float32Array(count * width);
  for (const [column, feature] of features.entries()) {
    for (let row = 0; row < count; row++) values[row * width + column] = feature.values[row]!;
  }
  return values;
}

/**
 * Reads a table with a header.
 * @throws DataError saying which column and line is wrong and how to mend it; {@link DATA_ERRORS} lists the codes
 */
export function readCsv(bytes: Uint8Array, options: CsvOptions): Dataset {
  const table = readTable(bytes);
  const chosen = chooseFeatures(table, options);
  const { lines, rows } = table;
  const isMissing = missingTest(options.missing);
  const cellsOf = (name: string): string[] => {
    const position = table.header.indexOf(name);
    return rows.map((row) => row[position]!);
  };
  const labels = readLabels({
    name: options.label,
    cells: cellsOf(options.label),
    lines,
    isMissing,
    ...(options.class_names && { classNames: options.class_names }),
    ...(options.positive !== undefined && { positive: options.positive }),
  });
  const categorical = new Set(options.categorical);
  const features = chosen.map((name) =>
    readFeature({ name, cells: cellsOf(name), lines, isMissing, declared: categorical.has(name) }),
  );
  const dataset = createDataset({
    name: options.name,
    columns: features.map(({ column }) => column),
    features: tensor('float32', [rows.length, features.length], interleave(features, rows.length)),
    labels: tensor('int32', [rows.length], labels.values),
    classNames: labels.classNames,
    ...(labels.positive !== undefined && { positive: labels.positive }),
    ...(options.group !== undefined && readPatients(table, options.group, isMissing)),
    rowHashes: hashRows(table),
    rowNumbers: lines,
    source: { name: options.name, sha256: sha256(bytes) },
    notes: [...table.notes, ...features.flatMap(({ notes }) => notes)],
  });
  return options.num_samples === undefined ? dataset : limitRows(dataset, options.num_samples);
}
