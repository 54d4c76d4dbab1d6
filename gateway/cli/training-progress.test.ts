import { describe, expect, it } from 'vitest';
import { epochText, figuresText, TrainingProgress, trainingText } from './training-progress.js';

const figures = { epoch: 2, train_loss: 0.31, train_acc: 88.5, val_loss: 0.2, val_acc: 90, val_auc: 0.97123, other: 1 };

describe('the progress of a training', () => {
  it('is told by batches and epochs', () => {
    const training = new TrainingProgress();
    training.take('batch_progress', { epoch: 2, batch: 5, total_batches: 12, loss: 0.5, progress: 11 });
    expect(trainingText(training)).toBe('epoch 2  loss 0.5000  batch  5/12');
    const epoch = training.take('epoch_completed', {
      epoch: 2,
      total_epochs: 60,
      metrics: figures,
      best: true,
      progress: 14,
    });
    expect(epoch).toMatchObject({ epoch: 2, best: true });
    expect(training.percent).toBe(14);
    expect(trainingText(training)).toBe(
      'epoch  2/60  val AUC 0.971  (best 2)  loss 0.3100  val loss 0.2000  val accuracy 90.0 %',
    );
  });

  it('keeps the best epoch while later ones are worse', () => {
    const training = new TrainingProgress();
    training.take('epoch_completed', { epoch: 1, metrics: { train_loss: 1 }, best: true });
    training.take('epoch_completed', { epoch: 2, metrics: { train_loss: 2 }, best: false });
    expect([training.best?.epoch, training.last?.epoch]).toEqual([1, 2]);
    expect(trainingText(training)).toContain('(best 1)');
  });

  it('shows the figures that there are: training without validation rows has fewer', () => {
    expect(figuresText(figures)).toBe(
      'loss 0.3100  accuracy 88.5 %  val loss 0.2000  val accuracy 90.0 %  val AUC 0.971',
    );
    expect(figuresText({ train_loss: 1, val_auc: null })).toBe('loss 1.0000');
    expect(epochText({ epoch: 2, figures, best: true }, 60)).toMatch(/^epoch {2}2\/60 .*\(best so far\)$/);
  });

  it('takes no harm from an event that lacks what it should have', () => {
    const training = new TrainingProgress();
    expect(training.take('epoch_completed', { metrics: 'none' })).toBeUndefined();
    expect(training.take('status_update', { progress: 'half' })).toBeUndefined();
    training.take('batch_progress', {});
    expect(trainingText(training)).toBe('');
  });
});
