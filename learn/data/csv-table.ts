/** Bytes of a CSV file -> header and trimmed cells, with the line of every row. Knows nothing of labels or features. */
import { isUtf8 } from 'node:buffer';
import { CsvError, parse } from 'csv-parse/sync';
import { DataError } from './errors.js';

export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Line on which each row ends, from 1. */
  readonly lines: Int32Array;
  /** What was found out about the file and is not the usual. */
  readonly notes: readonly string[];
}

const DELIMITERS = [
  { character: ',', name: 'a comma' },
  { character: ';', name: 'a semicolon' },
  { character: '\t', name: 'a tab' },
] as const;

type Delimiter = (typeof DELIMITERS)[number];

/** The delimiter that stands most often in the header line, outside quotes; the comma when none does. */
function detectDelimiter(text: string): Delimiter {
  const counts = DELIMITERS.map(() => 0);
  let quoted = false;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    if (quoted) continue;
    if (character === '\n' || character === '\r') {
      if (counts.some((count) => count > 0)) break;
      continue;
    }
    const index = DELIMITERS.findIndex((delimiter) => delimiter.character === character);
    if (index >= 0) counts[index]! += 1;
  }
  return DELIMITERS[counts.indexOf(Math.max(...counts))]!;
}

interface ParsedRecord {
  readonly record: string[];
  readonly info: { readonly lines: number };
}

function parseRecords(bytes: Uint8Array, delimiter: Delimiter): ParsedRecord[] {
  const options = {
    bom: true,
    delimiter: delimiter.character,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
  };
  try {
    return parse(bytes, options) as unknown as ParsedRecord[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = (error as { lines?: unknown }).lines;
    // The parser's own message repeats the cell, which may be a patient's name: only its code is told.
    throw new DataError(
      'malformed_csv',
      `the quoting is broken (${error.code})`,
      'Every opening quote needs a closing one; a quote inside a quoted cell is written twice.',
      typeof line === 'number' ? { line } : {},
    );
  }
}

function checkHeader(header: readonly string[]): void {
  const empty = header.indexOf('');
  if (empty >= 0) {
    throw new DataError('no_header', `column ${empty + 1} of the header has no name`, 'Give every column a name.', {
      line: 1,
    });
  }
  if (header.every((name) => name !== '' && !Number.isNaN(Number(name)))) {
    throw new DataError(
      'no_header',
      'the first line holds numbers, not names of columns',
      'Put a line with the names of the columns on top.',
      { line: 1 },
    );
  }
  const twice = header.find((name, index) => header.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new DataError('duplicate_header', 'two columns have this name', 'Rename one of them.', {
      column: twice,
      line: 1,
    });
  }
}

/**
 * Reads UTF-8 text, with or without a byte order mark, with any line ends, quoted cells, and comma, semicolon or tab
 * between cells. Blank lines are passed over.
 * @throws DataError `not_utf8`, `malformed_csv`, `no_header`, `duplicate_header`, `ragged_row`, `no_rows`
 */
export function readTable(bytes: Uint8Array): Table {
  if (!isUtf8(bytes)) {
    throw new DataError(
      'not_utf8',
      'the file is not UTF-8 text',
      'Save it as "CSV UTF-8" (Excel) or convert it, for instance with iconv.',
    );
  }
  // The header cannot be longer than this in any file that makes sense.
  const delimiter = detectDelimiter(new TextDecoder().decode(bytes.subarray(0, 1 << 20)));
  const records = parseRecords(bytes, delimiter).filter(({ record }) => !(record.length === 1 && record[0] === ''));
  const header = records[0]?.record;
  if (!header)
    throw new DataError(
      'no_header',
      'the file is empty',
      'A header with the names of the columns is needed, and rows below it.',
    );
  checkHeader(header);
  const body = records.slice(1);
  if (body.length === 0)
    throw new DataError('no_rows', 'the file has a header and no rows', 'Add rows below the header.');
  for (const { record, info } of body) {
    if (record.length !== header.length) {
      throw new DataError(
        'ragged_row',
        `the row has ${record.length} cells, the header has ${header.length}`,
        `Every row needs as many cells as the header; a cell that contains ${delimiter.name} must be quoted.`,
        { line: info.lines },
      );
    }
  }
  return {
    header,
    rows: body.map(({ record }) => record),
    lines: Int32Array.from(body, ({ info }) => info.lines),
    notes: delimiter.character === ',' ? [] : [`cells are separated by ${delimiter.name}`],
  };
}
