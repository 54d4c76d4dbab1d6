/** One column of cells -> one feature: its kind and its values. Refuses what it would have to guess. */
import { type IsMissing, isCommaNumber, looksLikeIdentifier, parseNumber, quoteCell } from './cells.js';
import type { Column } from './dataset.js';
import { DataError } from './errors.js';

/** A text column becomes categories without being declared so up to this many. */
const MOST_UNDECLARED_CATEGORIES = 20;
const MOST_CATEGORIES = 1000;
/** From this share of numbers on, text in a column is a mistake in the data rather than a category. */
const MOSTLY_NUMBERS = 0.9;
const LARGEST_FLOAT32 = 3.4028234663852886e38;

export interface FeatureCells {
  readonly name: string;
  /** Trimmed. */
  readonly cells: readonly string[];
  readonly lines: Int32Array;
  readonly isMissing: IsMissing;
  /** The user said that the column is categorical. */
  readonly declared: boolean;
}

export interface Feature {
  readonly column: Column;
  /** [N]; NaN: missing; a category's index in a categorical column. */
  readonly values: Float32Array;
  readonly notes: readonly string[];
}

function numericFeature({ name, lines }: FeatureCells, numbers: readonly (number | undefined)[]): Feature {
  const notes: string[] = [];
  // Adding 0 turns -0, which a spreadsheet may write for a rounded negative number, into 0.
  const values = Float32Array.from(numbers, (value) => (value ?? Number.NaN) + 0);
  const tooLarge = numbers.findIndex((value) => value !== undefined && Math.abs(value) > LARGEST_FLOAT32);
  if (tooLarge >= 0) {
    throw new DataError(
      'number_out_of_range',
      'the number is larger than 32-bit floating point can hold (3.4e38)',
      'Use another unit, or leave the column out of `features`.',
      { column: name, line: lines[tooLarge]! },
    );
  }
  if (numbers.some((value) => Number.isInteger(value) && Math.fround(value!) !== value)) {
    notes.push(`"${name}" holds whole numbers above 16,777,216, which 32-bit floating point rounds`);
  }
  const present = numbers.filter((value) => value !== undefined);
  if (
    looksLikeIdentifier(name) &&
    present.every(Number.isInteger) &&
    new Set(present).size === present.length &&
    present.length > 1
  ) {
    notes.push(
      `"${name}" looks like an identifier, yet it is a feature: name it as \`group\` or leave it out of \`features\``,
    );
  }
  return { column: { name, kind: 'numeric' }, values, notes };
}

function categoricalFeature({ name, cells, isMissing }: FeatureCells): Feature {
  // `3.0` and `3` are the same category when all categories are numbers.
  const present = cells.filter((cell) => !isMissing(cell));
  const allNumbers = present.every((cell) => parseNumber(cell) !== undefined);
  const spelling = (cell: string): string => (allNumbers ? String(parseNumber(cell)) : cell);
  const categories = [...new Set(present.map(spelling))];
  if (categories.length > MOST_CATEGORIES) {
    throw new DataError(
      'too_many_categories',
      `${categories.length} categories, at most ${MOST_CATEGORIES} are possible`,
      'Join rare categories, or leave the column out of `features`.',
      { column: name },
    );
  }
  if (allNumbers) categories.sort((a, b) => Number(a) - Number(b));
  else categories.sort();
  const codes = new Map(categories.map((category, code) => [category, code]));
  const values = Float32Array.from(cells, (cell) => (isMissing(cell) ? Number.NaN : codes.get(spelling(cell))!));
  return { column: { name, kind: 'categorical', categories }, values, notes: [] };
}

/**
 * Numbers when every cell is one; categories when declared, or when few texts repeat.
 * @throws DataError `mixed_column`, `ambiguous_number`, `text_column`, `too_many_categories`, `number_out_of_range`
 */
export function readFeature(source: FeatureCells): Feature {
  const { name, cells, lines, isMissing, declared } = source;
  if (declared) return categoricalFeature(source);
  const numbers = cells.map((cell) => (isMissing(cell) ? undefined : parseNumber(cell)));
  const present = cells.filter((cell) => !isMissing(cell));
  const numberCount = numbers.filter((value) => value !== undefined).length;
  if (numberCount === present.length) return numericFeature(source, numbers);

  const firstText = cells.findIndex((cell, row) => numbers[row] === undefined && !isMissing(cell));
  const place = { column: name, line: lines[firstText]! };
  if (cells.every((cell, row) => numbers[row] !== undefined || isMissing(cell) || isCommaNumber(cell))) {
    throw new DataError(
      'ambiguous_number',
      `${quoteCell(name, cells[firstText]!)} has a comma, which may be a decimal or a thousands sign`,
      'Write numbers with a decimal point and without thousands signs.',
      place,
    );
  }
  if (numberCount / present.length >= MOSTLY_NUMBERS) {
    const share = Math.floor((100 * numberCount) / present.length);
    throw new DataError(
      'mixed_column',
      `${quoteCell(name, cells[firstText]!)} is not a number, while ${share} % of the column are`,
      'If it means "no value", add it to `missing`; if the column holds categories, name it in `categorical`; otherwise leave it out of `features`.',
      place,
    );
  }
  const distinct = new Set(present).size;
  if (distinct > MOST_UNDECLARED_CATEGORIES || distinct * 2 > present.length) {
    throw new DataError(
      'text_column',
      `${distinct} different texts in ${present.length} rows are no feature`,
      'Leave it out of `features`, name it in `categorical` if these are categories, or as `group` if it tells whose row it is.',
      { column: name },
    );
  }
  const feature = categoricalFeature(source);
  return { ...feature, notes: [`"${name}" is text with ${distinct} different values: read as categorical`] };
}
