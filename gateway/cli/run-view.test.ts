import { describe, expect, it } from 'vitest';
import { runView } from './run-view.js';
import { capturedOutput, surroundingsWith } from './testing/doubles.js';
import { screenAfter } from './testing/screen.js';

const ts = '2026-01-01T00:00:00.000Z';
const types = new Map([
  ['load', 'dataset_loader'],
  ['train', 'trainer'],
]);

function viewOn(isTerminal: boolean, environment: Record<string, string> = {}, plain = false) {
  const output = capturedOutput({ isTerminal, columns: 120, rows: 20 });
  const surroundings = surroundingsWith({}, { environment });
  const view = runView({ output, types, plain }, surroundings);
  const status = (id: string, now: string, execution: object = {}): void =>
    view.take({ type: 'node_progress', ts, node_id: id, status: now, progress: 0, execution });
  const epoch = (number: number): void =>
    view.take({
      type: 'node_event',
      ts,
      node_id: 'train',
      event: 'epoch_completed',
      epoch: number,
      total_epochs: 9,
      metrics: { train_loss: 1 / number, val_auc: 0.9 },
      best: number === 1,
      progress: number * 11,
    });
  return { view, output, clock: surroundings.clock, status, epoch };
}

describe('the view of a run in a file or a pipe', () => {
  it('has a line for the start and the end of every node, without control characters', () => {
    const { status, output, view } = viewOn(false);
    status('load', 'running');
    status('load', 'completed', { duration: 0.25 });
    status('train', 'skipped', { duration: 0, error: 'node "load" failed' });
    view.stop();
    expect(output.text).toBe(
      'load   running  dataset_loader\nload   completed  dataset_loader  0.25 s\ntrain  skipped  trainer  node "load" failed\n',
    );
  });

  it('has an epoch at most every second, and always the last', () => {
    const { status, epoch, clock, output } = viewOn(false);
    status('train', 'running');
    for (let number = 1; number <= 8; number++) {
      epoch(number);
      clock.advance(300);
    }
    status('train', 'completed', { duration: 2.4 });
    expect(output.text.match(/epoch \d/g)).toEqual(['epoch 1', 'epoch 5', 'epoch 8']);
    expect(output.text).toContain('train  epoch 1/9  loss 1.0000  val AUC 0.900  (best so far)\n');
  });

  it('is the same on a terminal that belongs to a program or cannot move its cursor', () => {
    for (const { view, output, status } of [viewOn(true, {}, true), viewOn(true, { TERM: 'dumb' })]) {
      status('load', 'running');
      view.stop();
      expect(output.text).toBe('load   running  dataset_loader\n');
    }
  });
});

describe('the view of a run on a terminal', () => {
  it('has one line for each running node, and those that ended above', () => {
    const { view, status, epoch, clock, output } = viewOn(true, { NO_COLOR: '1' });
    view.take({ type: 'workflow_started', ts, total_nodes: 2 });
    status('load', 'running');
    status('train', 'running');
    clock.advance(2500);
    status('load', 'completed', { duration: 2.5 });
    epoch(1);
    epoch(4);
    clock.advance(100);
    expect(screenAfter(output.text)).toEqual([
      'load   completed  dataset_loader  2.50 s',
      'train  ━━━━──────  44 %  2 s  epoch 4/9  val AUC 0.900  (best 1)  loss 0.2500',
      '1 of 2 nodes have ended',
      '',
    ]);
    status('train', 'completed', { duration: 3 });
    view.note('a note');
    view.stop();
    expect(screenAfter(output.text)).toEqual([
      'load   completed  dataset_loader  2.50 s',
      'train  completed  trainer  3.00 s',
      'a note',
      '',
    ]);
  });

  it('lets no node id move the cursor', () => {
    const { status, view, output } = viewOn(true, { NO_COLOR: '1' });
    status('evil\u001b[2J', 'running');
    view.stop();
    expect(output.text).not.toContain('\u001b[2J');
  });
});
