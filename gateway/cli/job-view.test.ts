import { describe, expect, it } from 'vitest';
import { jobView } from './job-view.js';
import { capturedOutput, surroundingsWith } from './testing/doubles.js';
import { screenAfter } from './testing/screen.js';

const ts = '2026-01-01T00:00:00.000Z';

function viewOn(isTerminal: boolean) {
  const output = capturedOutput({ isTerminal, columns: 120, rows: 20 });
  const surroundings = surroundingsWith({}, { environment: { NO_COLOR: '1' } });
  const view = jobView(output, surroundings, false);
  const epoch = (number: number, best: boolean): void =>
    view.take({
      type: 'epoch_completed',
      ts,
      epoch: number,
      total_epochs: 10,
      metrics: { train_loss: 0.5, val_auc: 0.75 },
      best,
      progress: number * 10,
    });
  return { view, output, clock: surroundings.clock, epoch };
}

describe('the view of a job', () => {
  it('in a file has each status once, an epoch at most every second, and the last one', () => {
    const { view, output, clock, epoch } = viewOn(false);
    for (const status of ['initializing', 'running', 'running']) view.take({ type: 'status_update', ts, status });
    for (let number = 1; number <= 6; number++) {
      epoch(number, number === 1);
      clock.advance(400);
    }
    view.take({ type: 'training_completed', ts, status: 'completed' });
    view.stop();
    expect(output.text.split('\n')).toEqual([
      'job initializing',
      'job running',
      'epoch  1/10  loss 0.5000  val AUC 0.750  (best so far)',
      'epoch  4/10  loss 0.5000  val AUC 0.750',
      'epoch  6/10  loss 0.5000  val AUC 0.750',
      '',
    ]);
  });

  it('has what people should know of the job, without what would write over the screen', () => {
    const { view, output } = viewOn(false);
    view.take({ type: 'status_update', ts, status: 'running', notes: ['layers share a tensor', 'a\u001b[2Jb'] });
    view.stop();
    expect(output.text.split('\n').slice(0, 2)).toEqual([
      'note: layers share a tensor',
      expect.not.stringContaining('\u001b'),
    ]);
  });

  it('on a terminal has the present place in a line that is drawn anew', () => {
    const { view, output, clock, epoch } = viewOn(true);
    view.take({ type: 'status_update', ts, status: 'running' });
    epoch(1, true);
    clock.advance(1200);
    view.take({ type: 'batch_progress', ts, epoch: 2, batch: 3, total_batches: 8, loss: 0.25, progress: 14 });
    clock.advance(100);
    expect(screenAfter(output.text)).toEqual([
      'epoch  1/10  loss 0.5000  val AUC 0.750  (best so far)',
      '━─────────  14 %  1 s  epoch  2/10  val AUC 0.750  (best 1)  loss 0.2500  batch 3/8',
      '',
    ]);
    view.take({ type: 'status_update', ts, status: 'paused' });
    clock.advance(100);
    expect(screenAfter(output.text)[1]).toContain('paused');
    view.stop();
    expect(screenAfter(output.text)).toHaveLength(2);
  });
});
