/** How a single cell of a text table is read. */

/** Cells that say "no value", compared without regard to case. An empty cell always does. */
export const MISSING_TOKENS: readonly string[] = ['', 'NA', 'NaN', '?', 'null'];

export type IsMissing = (cell: string) => boolean;

export function missingTest(tokens: readonly string[] = MISSING_TOKENS): IsMissing {
  const known = new Set(['', ...tokens.map((token) => token.trim().toLowerCase())]);
  return (cell) => known.has(cell.toLowerCase());
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const COMMA_NUMBER = /^[+-]?\d+(,\d+)+(\.\d*)?$/;

/** The number a trimmed cell holds, or undefined. Only plain decimal notation: no `0x10`, no `Infinity`, no `1,5`. */
export function parseNumber(cell: string): number | undefined {
  return NUMBER.test(cell) ? Number(cell) : undefined;
}

/** Whether a cell would be a number if its commas were decimal or thousands signs. */
export function isCommaNumber(cell: string): boolean {
  return COMMA_NUMBER.test(cell);
}

const defaultMissing = missingTest();

/**
 * One spelling for cells that a spreadsheet or a data frame would save differently: `63.0` and `63`, `NA` and nothing.
 * Depends on nothing but the cell, so that a row has the same hash whatever options it was read with.
 */
export function canonicalCell(cell: string): string {
  if (defaultMissing(cell)) return '';
  const value = parseNumber(cell);
  // Beyond 15 digits two different long identifiers could become the same number.
  if (value === undefined || !Number.isFinite(value) || cell.replace(/\D/g, '').length > 15) return cell;
  return String(value === 0 ? 0 : value);
}

const IDENTIFIER =
  /^((patient|subject|case|person|sample|record|study|visit|row|image|scan)?ids?|mrn|patients?|subjects?|cases?|names?|surname|ssn|nhs|identifier|email|phone)$/;

/** Whether a column's name says that it tells people apart: its content must not be repeated in a message. */
export function looksLikeIdentifier(columnName: string): boolean {
  const words = columnName
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u);
  return words.some((word) => IDENTIFIER.test(word));
}

/** A cell as it may stand in a message: short, and hidden where its column may identify a person. */
export function quoteCell(columnName: string, cell: string): string {
  if (looksLikeIdentifier(columnName)) return 'a text (not shown: the column may identify patients)';
  return cell.length > 20 ? `"${cell.slice(0, 20)}…"` : `"${cell}"`;
}
