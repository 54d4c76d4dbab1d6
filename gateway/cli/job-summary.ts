/** What a training job leaves on the screen: how it ended, what the test found, where the model and the checkpoint lie. */
import type { JobState, JobStatus } from '../../actors/runtime-types.js';
import type { Paint, Style } from './colour.js';
import { oneLine, printable } from './failure.js';
import type { JsonObject } from './json-value.js';
import { formatDuration } from './quantities.js';
import { confusionLines, metricLines, testFiguresIn } from './test-figures.js';
import { tableLines } from './text-table.js';
import { figuresText, type TrainingProgress } from './training-progress.js';

export interface JobSummaryInput {
  readonly status: JobStatus;
  readonly training: TrainingProgress;
  /** The request's file, as it was named. */
  readonly file: string;
  readonly dataDir: string;
}

const STYLES: Readonly<Record<JobState, Style>> = {
  pending: 'quiet',
  initializing: 'quiet',
  running: 'accent',
  paused: 'warning',
  completed: 'good',
  failed: 'bad',
  stopped: 'warning',
};

export function jobSummary({ status, training, file, dataDir }: JobSummaryInput, paint: Paint): string[] {
  const {
    job_id: id,
    name,
    status: state,
    current_epoch: epoch,
    total_epochs: epochs,
    duration,
    error,
    checkpoint,
  } = status;
  const title = name === '' || name === id ? '' : ` "${printable(name)}"`;
  const headline = `Job ${id}${title} ${state} after ${formatDuration(duration)}`;
  const figures = testFiguresIn(status.metrics);
  const confusion = confusionLines(status.metrics['confusion_matrix'], paint);
  const files = [
    ['model', status.model_path],
    ['network', status.network_path],
    ['checkpoint', checkpoint],
    ['log', dataDir],
  ].flatMap(([what, path]) => (path ? [[what!, printable(path)]] : []));
  const [, ...fileLines] = tableLines([{ title: '' }, { title: '' }], files);
  return [
    '',
    `${paint('title', paint(STYLES[state], headline))} (epoch ${epoch} of ${epochs})`,
    ...(error === null ? [] : [oneLine(error)]),
    ...(training.best === undefined
      ? []
      : [`best epoch ${training.best.epoch}: ${figuresText(training.best.figures)}`]),
    ...(figures === undefined
      ? []
      : ['', paint('title', 'Test'), ...metricLines(withoutPrefix(figures), undefined, paint)]),
    ...(confusion.length === 0 ? [] : ['', ...confusion]),
    '',
    paint('title', 'Files'),
    ...fileLines,
    ...(state === 'completed' ? [] : ['', goOn(checkpoint, file)]),
  ];
}

/** The figures stand under the title `Test`: their names need not say it again. */
function withoutPrefix(figures: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(figures).map(([name, figure]) => [name.replace(/^test_/, ''), figure]));
}

/** How a job that did not complete can be continued. */
function goOn(checkpoint: string | null, file: string): string {
  if (checkpoint === null) return 'There is no checkpoint yet: the job would begin anew.';
  return `To go on from the checkpoint, add "resume_from": ${JSON.stringify(checkpoint)} to ${printable(file)} and run \`ganglion train\` again.`;
}
