/** Everything that can be wrong with data, in one table, and the error that says so. */

/** Code -> what it means. Clients may rely on the codes. */
export const DATA_ERRORS = {
  not_utf8: 'the file is not UTF-8 text',
  malformed_csv: 'the quoting of the file is broken',
  no_header: 'the file has no usable header',
  duplicate_header: 'two columns have the same name',
  ragged_row: 'a row has more or fewer cells than the header',
  no_rows: 'there is a header and nothing below it',
  missing_column: 'a column that the configuration names is not in the file',
  column_conflict: 'one column is given two parts to play',
  mixed_column: 'a column of numbers holds some text',
  ambiguous_number: 'numbers are written with a comma, which may be a decimal or a thousands sign',
  number_out_of_range: 'a number is too large for 32-bit floating point',
  text_column: 'a feature is free text',
  too_many_categories: 'a categorical column has too many categories',
  missing_label: 'rows have no label',
  missing_group: 'rows have no patient',
  single_class: 'all rows have the same label',
  continuous_label: 'the label is a measurement, not a class',
  too_many_classes: 'the label has too many different values',
  bad_class_names: 'class_names does not fit the labels',
  bad_positive: 'the diseased class is not one of the classes',
  undeclared_positive: 'two classes, and nobody said which one is the diseased one',
  bad_sample_count: 'num_samples cannot be met',
  unknown_dataset: 'no built-in data set has that name',
  missing_file: 'a file of the package is not where it should be',
  bad_split: 'the parts of a split are not usable fractions',
  unsplittable: 'no split gives every part every class',
  missing_values: 'values are missing and nothing was said about filling them',
  empty_column: 'a feature has no value at all in the training rows',
  incompatible_data: 'data does not have the columns or classes that the model was made for',
} as const;

/** A row of {@link DATA_ERRORS}. */
export type DataErrorCode = keyof typeof DATA_ERRORS;

/** Where in the data: the column's name and the line in the source, counted from 1 with the header as line 1. */
export interface DataPlace {
  readonly column?: string;
  readonly line?: number;
}

function describePlace({ column, line }: DataPlace): string {
  const words = [column === undefined ? '' : `column "${column}"`, line === undefined ? '' : `line ${line}`];
  const place = words.filter((word) => word !== '').join(', ');
  return place === '' ? '' : `${place}: `;
}

/**
 * Data that cannot be used, with the way out. The message is complete in itself: place, problem, remedy.
 * It never holds the content of a patient column.
 */
export class DataError extends Error {
  override readonly name = 'DataError';
  readonly code: DataErrorCode;
  readonly place: DataPlace;
  /** What the user can do about it: a full sentence. */
  readonly remedy: string;

  /** @param problem what is wrong, without a full stop */
  constructor(code: DataErrorCode, problem: string, remedy: string, place: DataPlace = {}) {
    super(`${describePlace(place)}${problem}. ${remedy}`);
    this.code = code;
    this.place = place;
    this.remedy = remedy;
  }
}
