/** What is known of a training while it goes on, learnt from its events; the same for a job and for a training node. */
import { type JsonObject, numberOf, objectOf } from './json-value.js';
import { formatFigure, formatLoss, formatPercent } from './quantities.js';

export interface Epoch {
  readonly epoch: number;
  readonly figures: JsonObject;
  /** Better than every epoch before it. */
  readonly best: boolean;
}

export class TrainingProgress {
  /** 0..100 */
  percent = 0;
  totalEpochs: number | undefined;
  /** The epoch under way, from 1. */
  epoch: number | undefined;
  batch: { readonly number: number; readonly of: number } | undefined;
  /** Loss of the newest batch. */
  loss: number | undefined;
  last: Epoch | undefined;
  best: Epoch | undefined;

  /** Takes in an event. @returns the epoch that it ended, if it did */
  take(type: string, event: JsonObject): Epoch | undefined {
    this.percent = numberOf(event['progress']) ?? this.percent;
    this.totalEpochs = numberOf(event['total_epochs']) ?? this.totalEpochs;
    if (type === 'batch_progress') {
      this.epoch = numberOf(event['epoch']) ?? this.epoch;
      this.loss = numberOf(event['loss']);
      const number = numberOf(event['batch']);
      const of = numberOf(event['total_batches']);
      this.batch = number !== undefined && of !== undefined ? { number, of } : undefined;
      return undefined;
    }
    if (type !== 'epoch_completed') return undefined;
    const figures = objectOf(event['metrics']);
    const epoch = numberOf(event['epoch']) ?? numberOf(figures['epoch']);
    if (epoch === undefined) return undefined;
    this.epoch = epoch;
    this.batch = undefined;
    this.last = { epoch, figures, best: event['best'] === true };
    if (this.last.best) this.best = this.last;
    return this.last;
  }
}

/** The figures of an epoch that a line has room for, in its order. `train_acc` and `val_acc` are percent. */
const EPOCH_FIGURES = {
  train_loss: ['loss', formatLoss],
  train_acc: ['accuracy', formatPercent],
  val_loss: ['val loss', formatLoss],
  val_acc: ['val accuracy', formatPercent],
  val_auc: ['val AUC', formatFigure],
} as const satisfies Record<string, readonly [label: string, format: (value: number) => string]>;

function withTotal(number: number, total: number | undefined): string {
  return total === undefined ? String(number) : `${String(number).padStart(String(total).length)}/${total}`;
}

/** A figure with its label, or nothing where the epoch has none. */
function figureText(figures: JsonObject, name: keyof typeof EPOCH_FIGURES): string {
  const value = numberOf(figures[name]);
  const [label, format] = EPOCH_FIGURES[name];
  return value === undefined ? '' : `${label} ${format(value)}`;
}

/** `loss 0.1234  accuracy 96.5 %  ...` */
export function figuresText(figures: JsonObject): string {
  const names = Object.keys(EPOCH_FIGURES) as (keyof typeof EPOCH_FIGURES)[];
  return names
    .map((name) => figureText(figures, name))
    .filter((text) => text !== '')
    .join('  ');
}

/** An epoch that ended, for a line that stays. */
export function epochText({ epoch, figures, best }: Epoch, totalEpochs: number | undefined): string {
  return `epoch ${withTotal(epoch, totalEpochs)}  ${figuresText(figures)}${best ? '  (best so far)' : ''}`;
}

/** Where a training is now, for a line that is drawn anew. What matters most stands first: 80 columns cut off the end. */
export function trainingText({ epoch, totalEpochs, batch, loss, last, best }: TrainingProgress): string {
  const trained = batch === undefined ? numberOf(last?.figures['train_loss']) : loss;
  const figure = (name: keyof typeof EPOCH_FIGURES): string => figureText(last?.figures ?? {}, name);
  const parts = [
    epoch === undefined ? '' : `epoch ${withTotal(epoch, totalEpochs)}`,
    figure('val_auc'),
    best === undefined ? '' : `(best ${best.epoch})`,
    trained === undefined ? '' : `loss ${formatLoss(trained)}`,
    figure('val_loss'),
    figure('val_acc'),
    batch === undefined ? '' : `batch ${withTotal(batch.number, batch.of)}`,
  ];
  return parts.filter((part) => part !== '').join('  ');
}
