/** The label column -> class numbers and class names. */
import { type IsMissing, parseNumber } from './cells.js';
import { DataError } from './errors.js';

const MOST_CLASSES = 1000;
/** Up to this many different numbers are classes even when they are not whole. */
const MOST_FRACTIONAL_CLASSES = 20;

export interface LabelCells {
  readonly name: string;
  /** Trimmed. */
  readonly cells: readonly string[];
  readonly lines: Int32Array;
  readonly isMissing: IsMissing;
  readonly classNames?: readonly string[];
  readonly positive?: string | number;
}

export interface Labels {
  /** [N] */
  readonly values: Int32Array;
  readonly classNames: readonly string[];
  readonly positive?: number;
}

function listLines(lines: readonly number[]): string {
  return `${lines.length === 1 ? 'line' : 'lines'} ${lines.slice(0, 5).join(', ')}${lines.length > 5 ? ', ...' : ''}`;
}

/** @throws DataError of the given code when cells are missing, with their lines */
export function requireCells(
  code: 'missing_label' | 'missing_group',
  { name, cells, lines, isMissing }: Pick<LabelCells, 'name' | 'cells' | 'lines' | 'isMissing'>,
): void {
  const empty = [...lines].filter((_, row) => isMissing(cells[row]!));
  if (empty.length === 0) return;
  const what = code === 'missing_label' ? 'label' : 'patient';
  throw new DataError(
    code,
    `${empty.length} rows have no ${what} (${listLines(empty)})`,
    `Fill in the ${what} or delete the rows.`,
    {
      column: name,
      line: empty[0]!,
    },
  );
}

function checkClasses(name: string, distinct: readonly string[], allNumbers: boolean, rows: number): void {
  const place = { column: name };
  if (distinct.length === 1) {
    throw new DataError(
      'single_class',
      `all rows have the same label, ${JSON.stringify(distinct[0]!.slice(0, 20))}`,
      'At least two classes are needed.',
      place,
    );
  }
  const fractional = allNumbers && distinct.some((value) => !Number.isInteger(Number(value)));
  const rarelyRepeated = distinct.length > MOST_FRACTIONAL_CLASSES && distinct.length * 2 > rows;
  if (allNumbers && ((fractional && distinct.length > MOST_FRACTIONAL_CLASSES) || rarelyRepeated)) {
    throw new DataError(
      'continuous_label',
      `${distinct.length} different numbers in ${rows} rows are a measurement, not classes`,
      'Choose a label with classes, or add a column that divides the measurement into classes.',
      place,
    );
  }
  if (distinct.length > MOST_CLASSES || rarelyRepeated) {
    throw new DataError(
      'too_many_classes',
      `${distinct.length} different labels in ${rows} rows (at most ${MOST_CLASSES}, and most of them must repeat)`,
      'Check that `label` names the column with the diagnosis.',
      place,
    );
  }
}

function renameClasses(
  name: string,
  distinct: readonly string[],
  classNames: readonly string[] | undefined,
): readonly string[] {
  if (!classNames) return distinct;
  const remedy = `Give one different name for each of the labels ${distinct.slice(0, 10).join(', ')}, in this order.`;
  if (classNames.length !== distinct.length) {
    throw new DataError(
      'bad_class_names',
      `class_names has ${classNames.length} names for ${distinct.length} labels`,
      remedy,
      { column: name },
    );
  }
  if (new Set(classNames).size !== classNames.length) {
    throw new DataError('bad_class_names', 'class_names has the same name twice', remedy, { column: name });
  }
  return classNames;
}

/** `positive` may be the class's name or the value in the file; when these two differ, it is refused rather than guessed. */
function findPositive(
  name: string,
  distinct: readonly string[],
  classNames: readonly string[],
  positive: string | number,
): number {
  const wanted = String(positive).trim();
  const byName = classNames.indexOf(wanted);
  const number = parseNumber(wanted);
  const byValue = distinct.indexOf(number === undefined ? wanted : String(number));
  if (byName >= 0 && byValue >= 0 && byName !== byValue) {
    throw new DataError(
      'bad_positive',
      `"${wanted}" is the name of one class and the value of another`,
      'Choose class names that are not values of the label column.',
      { column: name },
    );
  }
  const found = byName >= 0 ? byName : byValue;
  if (found < 0) {
    throw new DataError(
      'bad_positive',
      `positive "${wanted}" is not a class`,
      `The classes are ${classNames.slice(0, 10).join(', ')}.`,
      { column: name },
    );
  }
  return found;
}

/**
 * Classes are the distinct labels: in numeric order if all are numbers, else in the order of their code units, so that
 * the order of the rows plays no part. `classNames` renames them in that order.
 * @throws DataError `missing_label`, `single_class`, `continuous_label`, `too_many_classes`, `bad_class_names`, `bad_positive`
 */
export function readLabels(source: LabelCells): Labels {
  const { name, cells } = source;
  requireCells('missing_label', source);
  const allNumbers = cells.every((cell) => parseNumber(cell) !== undefined);
  const spelling = (cell: string): string => (allNumbers ? String(parseNumber(cell)) : cell);
  const distinct = [...new Set(cells.map(spelling))];
  if (allNumbers) distinct.sort((a, b) => Number(a) - Number(b));
  else distinct.sort();
  checkClasses(name, distinct, allNumbers, cells.length);
  const classNames = renameClasses(name, distinct, source.classNames);
  const codes = new Map(distinct.map((value, code) => [value, code]));
  return {
    values: Int32Array.from(cells, (cell) => codes.get(spelling(cell))!),
    classNames,
    ...(source.positive !== undefined && { positive: findPositive(name, distinct, classNames, source.positive) }),
  };
}
