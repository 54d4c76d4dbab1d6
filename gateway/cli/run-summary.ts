/** What a run leaves on the screen: how every node ended, what the tests found, and where the files lie. */
import type { NodeExecution, RunResult } from '../../actors/workflow/index.js';
import type { Paint, Style } from './colour.js';
import { oneLine, printable } from './failure.js';
import { isObject, type JsonObject, numberOf, objectOf, textOf } from './json-value.js';
import { counted, formatBytes, formatDuration } from './quantities.js';
import { paintStatus, reasonOf } from './run-view.js';
import { aboutTest, areTestFigures, confusionLines, metricLines } from './test-figures.js';
import { tableLines } from './text-table.js';

export interface RunSummaryInput {
  readonly result: RunResult;
  /** Type of each node by its id. */
  readonly types: ReadonlyMap<string, string>;
  /** What evaluating nodes told of their tests, by node id. */
  readonly reports: ReadonlyMap<string, JsonObject>;
  readonly dataDir: string;
}

/** A run of a thousand nodes is told by its numbers and by those that did not complete. */
const MOST_ROWS = 60;

const HEADLINES: Readonly<Record<RunResult['status'], readonly [Style, string]>> = {
  success: ['good', 'succeeded'],
  error: ['bad', 'failed'],
  cancelled: ['warning', 'was cancelled'],
  running: ['warning', 'has not ended'],
};

export function runSummary(input: RunSummaryInput, paint: Paint): string[] {
  const { result, dataDir } = input;
  const [style, verb] = HEADLINES[result.status];
  const { statistics, run_id: runId, error } = result;
  const counts = (['completed', 'failed', 'skipped', 'cancelled'] as const)
    .map((status) => ({ status, count: statistics[`${status}_nodes`] }))
    .filter(({ count }) => count > 0)
    .map(({ status, count }) => `${count} ${status}`);
  const headline = `Run ${runId ?? ''} ${verb} after ${formatDuration(statistics.wall_duration)}`;
  return [
    '',
    `${paint('title', paint(style, headline))} (${counted(statistics.total_nodes, 'node')}: ${counts.join(', ') || 'none ended'})`,
    ...(error === undefined ? [] : [oneLine(error)]),
    '',
    ...nodeLines(input, paint),
    ...Object.entries(result.executions).flatMap(([id, execution]) =>
      testLines(id, execution, input.reports.get(id), paint),
    ),
    ...fileLines(result, dataDir, paint),
  ];
}

function nodeLines({ result, types }: RunSummaryInput, paint: Paint): string[] {
  const all = Object.entries(result.executions);
  const shown =
    all.length <= MOST_ROWS ? all : all.filter(([, { status }]) => status !== 'completed').slice(0, MOST_ROWS);
  const rows = shown.map(([id, { status, duration, error }]) => [
    printable(id),
    printable(types.get(id) ?? ''),
    paintStatus(status, paint),
    status === 'completed' || status === 'failed' || duration > 0 ? formatDuration(duration) : '',
    reasonOf(status, error),
  ]);
  const columns = [
    { title: 'node' },
    { title: 'type' },
    { title: 'status' },
    { title: 'time', align: 'right' as const },
    { title: 'reason' },
  ];
  const left = all.length - shown.length;
  return [
    ...(rows.length > 0 ? tableLines(columns, rows, paint) : []),
    ...(left > 0 ? [`  and ${counted(left, 'node')} more`] : []),
  ];
}

function testLines(id: string, { outputs }: NodeExecution, report: JsonObject | undefined, paint: Paint): string[] {
  const { metrics, confusion_matrix: matrix } = outputs;
  if (!areTestFigures(metrics)) return [];
  const about = aboutTest(report ?? {});
  const level = numberOf(objectOf(report?.['intervals'])['level']);
  const confusion = confusionLines(matrix, paint);
  return [
    '',
    `${paint('title', `Test (${printable(id)})`)}${about === '' ? '' : `: ${about}`}`,
    ...metricLines(metrics, level, paint),
    ...(confusion.length > 0 ? ['', ...confusion] : []),
  ];
}

/** Exported files by name, large outputs by their number: those lie in the artefact store. */
function fileLines({ executions, run_id: runId }: RunResult, dataDir: string, paint: Paint): string[] {
  const rows: string[][] = [];
  let artefacts = 0;
  for (const [id, { outputs }] of Object.entries(executions)) {
    const path = textOf(outputs['export_path']);
    const size = numberOf(outputs['file_size']);
    if (path !== undefined)
      rows.push([`model (${printable(id)})`, printable(path), size === undefined ? '' : formatBytes(size)]);
    artefacts += Object.values(outputs).filter(
      (value) => isObject(value) && ('$file' in value || '$tensor' in value),
    ).length;
  }
  rows.push(['log and outputs', printable(dataDir), artefacts === 0 ? '' : counted(artefacts, 'stored output')]);
  if (runId !== null) rows.push(['run', runId, '']);
  const [, ...lines] = tableLines([{ title: '' }, { title: '' }, { title: '' }], rows);
  return ['', paint('title', 'Files'), ...lines];
}
