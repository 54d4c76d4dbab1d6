/** What a test found, as text: figures with their intervals, and the confusion matrix. */
import type { Paint } from './colour.js';
import { oneLine, printable } from './failure.js';
import { isObject, type JsonObject, numberOf, objectOf, textOf } from './json-value.js';
import { counted, formatFigure } from './quantities.js';
import { tableLines } from './text-table.js';

/** Whether these are figures of a test: each a `{value, low, high}`. */
export function areTestFigures(metrics: unknown): metrics is JsonObject {
  if (!isObject(metrics)) return false;
  const figures = Object.values(metrics);
  return figures.length > 0 && figures.every((figure) => isObject(figure) && 'value' in figure && 'low' in figure);
}

/** The figures of a test among others, or `undefined` when there are none. */
export function testFiguresIn(metrics: JsonObject): JsonObject | undefined {
  const figures = Object.fromEntries(Object.entries(metrics).filter(([, figure]) => areTestFigures({ figure })));
  return Object.keys(figures).length === 0 ? undefined : figures;
}

/** A cell for a figure, and one for its interval or for the reason why there is none. */
function cellsOf(figure: JsonObject): readonly [string, string] {
  const value = numberOf(figure['value']);
  const low = numberOf(figure['low']);
  const high = numberOf(figure['high']);
  const reason = textOf(figure['reason']);
  const interval = low === undefined || high === undefined ? '' : `[${formatFigure(low)}, ${formatFigure(high)}]`;
  const note = reason === undefined ? '' : oneLine(reason);
  return [
    value === undefined ? 'undefined' : formatFigure(value),
    [interval, note].filter((text) => text !== '').join('  '),
  ];
}

/** A table of `value [low, high]`. `level` is the interval's, 0..1, where it is known. */
export function metricLines(metrics: JsonObject, level: number | undefined, paint: Paint): string[] {
  const title = level === undefined ? '[low, high]' : `[${Number((level * 100).toFixed(1))} % interval]`;
  const rows = Object.entries(metrics).map(([name, figure]) => [printable(name), ...cellsOf(objectOf(figure))]);
  return tableLines([{ title: 'figure' }, { title: 'value', align: 'right' }, { title }], rows, paint);
}

/** What a report says of the test beside its figures, in a line: `86 rows, positive class "M", threshold 0.500, ...` */
export function aboutTest(report: JsonObject): string {
  const { num_samples: samples, num_patients: patients, positive, threshold, intervals } = report;
  const { resamples, unit } = objectOf(intervals);
  const parts = [
    numberOf(samples) === undefined ? '' : counted(numberOf(samples)!, 'row'),
    numberOf(patients) === undefined ? '' : counted(numberOf(patients)!, 'patient'),
    textOf(positive) === undefined ? '' : `positive class "${printable(textOf(positive)!)}"`,
    numberOf(threshold) === undefined ? '' : `threshold ${formatFigure(numberOf(threshold)!)}`,
    numberOf(resamples) ? `${counted(numberOf(resamples)!, 'bootstrap resample')} of ${textOf(unit) ?? 'row'}s` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** Beyond this a matrix is wider than a screen, and nobody reads it there. */
const MOST_CLASSES = 20;

/** `rows[truth][predicted]` as a table, or nothing when the value is no such matrix. */
export function confusionLines(matrix: unknown, paint: Paint): string[] {
  const { labels, rows } = objectOf(matrix);
  if (!Array.isArray(labels) || !Array.isArray(rows) || !rows.every(Array.isArray)) return [];
  const names = labels.map((label) => printable(String(label)));
  if (names.length > MOST_CLASSES) return [`  ${names.length} classes: too wide for a screen, --json has it`];
  const columns = [{ title: 'truth \\ predicted' }, ...names.map((title) => ({ title, align: 'right' as const }))];
  return tableLines(
    columns,
    rows.map((row, truth) => [names[truth] ?? '', ...(row as unknown[]).map(String)]),
    paint,
  );
}
