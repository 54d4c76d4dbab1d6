/** The printed table. Every word of doubt that the result file knows stands in it too. */
import { formatNumber, formatQuantity } from './quantity.js';
import type { Row } from './row.js';

const HEADER = [
  'row',
  'median',
  'low .. high',
  'rounds',
  'threads',
  'peer',
  'peer median',
  'ratio [interval]',
  'floor',
  'verdict',
];

/** Lines of a table with one row each; the notes of the rows stand below it. */
export function formatTable(rows: readonly Row[]): string {
  const cells = [HEADER, ...rows.map(rowCells)];
  // A column that says nothing in any row only pushes the others off the screen.
  const columns = HEADER.map((_, column) => column).filter((column) =>
    cells.slice(1).some((line) => line[column] !== ''),
  );
  const width = new Map(columns.map((column) => [column, Math.max(...cells.map((line) => line[column]!.length))]));
  const lines = cells.map((line) =>
    columns
      .map((column) => line[column]!.padEnd(width.get(column)!))
      .join('  ')
      .trimEnd(),
  );
  lines.splice(1, 0, columns.map((column) => '-'.repeat(width.get(column)!)).join('  '));
  const notes = rows.flatMap((row) =>
    [row.absent && `${row.peer} is absent: ${row.absent}`, row.note]
      .filter((text) => text !== undefined)
      .map((text) => `${row.name}: ${text}`),
  );
  return [...(rows.length > 0 ? lines : ['no row was measured']), ...(notes.length > 0 ? ['', ...notes] : [])].join(
    '\n',
  );
}

function rowCells(row: Row): string[] {
  return [
    row.name,
    formatQuantity(row.value, row.unit),
    row.rounds > 1 ? `${formatQuantity(row.low, row.unit)} .. ${formatQuantity(row.high, row.unit)}` : '',
    String(row.rounds),
    row.threads === undefined ? '' : String(row.threads),
    row.peer ?? '',
    row.peerValue === undefined ? '' : formatQuantity(row.peerValue, row.unit),
    row.ratio === undefined
      ? ''
      : `${formatRatio(row.ratio)} [${formatRatio(row.ratioLow!)}, ${formatRatio(row.ratioHigh!)}]`,
    formatFloor(row),
    formatVerdict(row),
  ];
}

function formatRatio(ratio: number): string {
  return ratio >= 100 ? formatNumber(ratio) : ratio.toFixed(2);
}

function formatFloor({ floor, better, unit }: Row): string {
  if (!floor) return '';
  if ('ratio' in floor) return `ratio >= ${formatNumber(floor.ratio)}`;
  return `${better === 'lower' ? '<=' : '>='} ${formatQuantity(floor.value, unit)}`;
}

function formatVerdict(row: Row): string {
  const words: string[] = [];
  if (row.absent !== undefined) words.push('absent');
  if (row.void) words.push(`void: the peer spreads ${formatNumber(row.peerSpread! * 100)} %`);
  if (row.ok === true) words.push('ok');
  if (row.ok === false) words.push('MISSED');
  if (row.quick) words.push('quick, not quotable');
  return words.join('; ');
}
