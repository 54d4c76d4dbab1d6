/** Shows a run: a line for each running node on a terminal, the starts, ends and epochs of nodes otherwise. */
import type { WireEvent } from '../../actors/runtime-types.js';
import type { NodeStatus } from '../../actors/workflow/index.js';
import type { Paint, Style } from './colour.js';
import { oneLine, printable } from './failure.js';
import { Pace } from './pace.js';
import { progressBar } from './progress-bar.js';
import { type Canvas, canvasOn, type ProgressView } from './progress-view.js';
import { formatDuration, formatElapsed, formatPercent } from './quantities.js';
import { type NodeProgress, type RunChange, RunProgress } from './run-progress.js';
import type { Output, Surroundings } from './surroundings.js';
import { padEnd } from './text-width.js';
import { type Epoch, epochText, trainingText } from './training-progress.js';

/** An epoch of a node is told as a lasting line at most so often. */
const EPOCH_INTERVAL_MS = 1000;

/** Longer ids stick out; they do not push all the others to the right. */
const MOST_ID_COLUMNS = 24;

const STATUS_STYLE: Readonly<Record<NodeStatus, Style>> = {
  pending: 'quiet',
  running: 'accent',
  completed: 'good',
  failed: 'bad',
  skipped: 'quiet',
  cancelled: 'warning',
};

export function paintStatus(status: NodeStatus, paint: Paint, text: string = status): string {
  return paint(STATUS_STYLE[status], text);
}

export interface RunViewOptions {
  readonly output: Output;
  /** Type of each node by its id. */
  readonly types: ReadonlyMap<string, string>;
  readonly plain: boolean;
}

export function runView({ output, types, plain }: RunViewOptions, surroundings: Surroundings): ProgressView {
  const progress = new RunProgress(types);
  const paces = new Map<string, Pace<Epoch>>();
  const idColumns = Math.min(
    MOST_ID_COLUMNS,
    [...types.keys()].reduce((most, id) => Math.max(most, id.length), 4),
  );
  const canvas = canvasOn(output, surroundings, (on) => liveLines(progress, on, idColumns), plain);
  const nameOf = (node: NodeProgress): string => padEnd(printable(node.id), idColumns);

  const showEpoch = (node: NodeProgress, epoch: Epoch | undefined): void => {
    if (epoch !== undefined) canvas.print(`${nameOf(node)}  ${epochText(epoch, node.training?.totalEpochs)}`);
  };
  const show = (change: Exclude<RunChange, undefined>, now: number): void => {
    const { node } = change;
    if (change.kind === 'ended') {
      if (!canvas.live) showEpoch(node, paces.get(node.id)?.release());
      canvas.print(endLine(node, nameOf(node), canvas.paint));
    } else if (!canvas.live && change.kind === 'started') {
      canvas.print(`${nameOf(node)}  running${node.type === '' ? '' : `  ${printable(node.type)}`}`);
    } else if (!canvas.live && change.kind === 'epoch') {
      const pace = paces.get(node.id) ?? new Pace(EPOCH_INTERVAL_MS);
      paces.set(node.id, pace);
      showEpoch(node, pace.offer(change.epoch, now));
    }
  };

  return {
    take(event: WireEvent) {
      const now = surroundings.clock.now();
      const change = progress.take(event, now);
      if (change !== undefined) show(change, now);
      canvas.update();
    },
    note: (line) => canvas.print(line),
    stop: () => canvas.stop(),
  };
}

function endLine({ status, type, duration, error, startedAt }: NodeProgress, name: string, paint: Paint): string {
  const parts = [
    name,
    paintStatus(status, paint),
    paint('quiet', printable(type)),
    startedAt === undefined || duration === undefined ? '' : formatDuration(duration),
    reasonOf(status, error),
  ];
  return parts.filter((part) => part !== '').join('  ');
}

/** Why a node did not complete, where its status alone does not say it. */
export function reasonOf(status: NodeStatus, error: string | null | undefined): string {
  return error == null || status === 'completed' || error === status ? '' : oneLine(error);
}

function liveLines({ running, ended, total }: RunProgress, { paint, clock }: Canvas, idColumns: number): string[] {
  const now = clock.now();
  const lines = running.map((node) => {
    const seconds = formatElapsed((now - (node.startedAt ?? now)) / 1000);
    const about = node.training === undefined ? paint('quiet', printable(node.type)) : trainingText(node.training);
    const percent = formatPercent(node.percent, 0).padStart(5);
    return `${padEnd(printable(node.id), idColumns)}  ${progressBar(node.percent, paint)} ${percent}  ${seconds}  ${about}`;
  });
  if (total !== undefined && lines.length > 0) lines.push(paint('quiet', `${ended} of ${total} nodes have ended`));
  return lines;
}
