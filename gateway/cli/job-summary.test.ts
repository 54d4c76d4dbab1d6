import { describe, expect, it } from 'vitest';
import { plainPaint } from './colour.js';
import { jobSummary } from './job-summary.js';
import { jobStatusWith } from './testing/fake-runtime.js';
import { TrainingProgress } from './training-progress.js';

const file = 'job.json';
const dataDir = '/data/.ganglion';

describe('the summary of a job', () => {
  it('has the test, the model and the best epoch', () => {
    const training = new TrainingProgress();
    training.take('epoch_completed', { epoch: 2, metrics: { val_auc: 0.97 }, best: true });
    const status = jobStatusWith('completed', {
      metrics: {
        train_loss: 0.1,
        test_auc: { value: 0.96, low: 0.9, high: 0.99 },
        confusion_matrix: {
          labels: ['a', 'b'],
          rows: [
            [5, 1],
            [0, 6],
          ],
        },
      },
      model_path: '/data/model.onnx',
      checkpoint: '/data/checkpoints/3',
    });
    expect(jobSummary({ status, training, file, dataDir }, plainPaint)).toEqual([
      '',
      'Job job_0001 "trial" completed after 12.0 s (epoch 3 of 3)',
      'best epoch 2: val AUC 0.970',
      '',
      'Test',
      '  figure  value  [low, high]',
      '  auc     0.960  [0.900, 0.990]',
      '',
      '  truth \\ predicted  a  b',
      '  a                  5  1',
      '  b                  0  6',
      '',
      'Files',
      '  model       /data/model.onnx',
      '  checkpoint  /data/checkpoints/3',
      '  log         /data/.ganglion',
    ]);
  });

  it('says of a stopped job where its checkpoint lies and how to go on', () => {
    const status = jobStatusWith('stopped', { current_epoch: 2, checkpoint: '/data/checkpoints/2' });
    const lines = jobSummary({ status, training: new TrainingProgress(), file, dataDir }, plainPaint);
    expect(lines.at(-1)).toBe(
      'To go on from the checkpoint, add "resume_from": "/data/checkpoints/2" to job.json and run `ganglion train` again.',
    );
  });

  it('says of a failed job why, and that nothing can be resumed where there is no checkpoint', () => {
    const status = jobStatusWith('failed', { error: 'the loss is NaN' });
    const lines = jobSummary({ status, training: new TrainingProgress(), file, dataDir }, plainPaint);
    expect(lines).toContain('the loss is NaN');
    expect(lines.at(-1)).toBe('There is no checkpoint yet: the job would begin anew.');
  });
});
