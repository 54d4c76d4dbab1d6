/** Columns of text under a header. */
import { type Paint, plainPaint } from './colour.js';
import { padEnd, padStart, textWidth } from './text-width.js';

export interface TableColumn {
  readonly title: string;
  /** Numbers stand at the right, so that their points do. */
  readonly align?: 'left' | 'right';
}

const GAP = '  ';

/** The lines of a table, the header first, each indented by two. A column that is empty in every row is left out. */
export function tableLines(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  paint: Paint = plainPaint,
): string[] {
  const shown = columns.map((_, index) => index).filter((index) => rows.some((row) => (row[index] ?? '') !== ''));
  const width = (index: number): number =>
    rows.reduce((widest, row) => Math.max(widest, textWidth(row[index] ?? '')), textWidth(columns[index]!.title));
  const widths = new Map(shown.map((index) => [index, width(index)]));
  const line = (cells: readonly string[]): string =>
    GAP +
    shown
      .map((index) => (columns[index]!.align === 'right' ? padStart : padEnd)(cells[index] ?? '', widths.get(index)!))
      .join(GAP)
      .trimEnd();
  return [paint('quiet', line(columns.map(({ title }) => title))), ...rows.map(line)];
}
