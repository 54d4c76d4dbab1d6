import { describe, expect, it } from 'vitest';
import { parse } from './parse.js';
import { trainingStart } from './training-start.js';

function faults(value: unknown): string[] {
  const parsed = parse(trainingStart, value, ['body']);
  return parsed.ok ? [] : parsed.issues.map((issue) => `${issue.loc.join('.')}: ${issue.msg}`);
}

const DATA = { dataset: 'wdbc' };

describe('the body of POST /training/start', () => {
  it('needs nothing but data', () => {
    const body = trainingStart.parse({ data_config: DATA });
    expect(body.training_config.epochs).toBe(50);
    expect(body.model_config).toEqual({});
    expect(faults({ name: 'first', description: null, data_config: DATA, resume_from: 'job_0001' })).toEqual([]);
  });

  it.each([
    [{}, 'body.data_config: names no data'],
    [
      { data_config: DATA, training_config: { epoch: 3 } },
      'body.training_config.epoch: unknown key "epoch". Did you mean "epochs"?',
    ],
    [
      { data_config: DATA, trainingConfig: {} },
      'body.trainingConfig: unknown key "trainingConfig". Did you mean "training_config"?',
    ],
    [{ data_config: DATA, name: '  ' }, 'body.name: must not be empty'],
    [
      { data_config: { ...DATA, class_names: ['a', 'b', 'c'] }, model_config: { num_classes: 2 } },
      'body.data_config.class_names: has 3 names for 2 classes',
    ],
    [
      { data_config: DATA, model_config: { num_classes: 2 }, training_config: { class_weights: [1, 2, 3] } },
      'body.training_config.class_weights: has 3 weights for 2 classes',
    ],
    [
      { data_config: { ...DATA, split: { train: 0.8, val: 0, test: 0.2 } }, training_config: { monitor: 'val_auc' } },
      'body.training_config.monitor: val_auc needs validation rows',
    ],
    [
      { data_config: { ...DATA, split: { train: 0.8, val: 0, test: 0.2 } }, training_config: { early_stopping: {} } },
      'body.training_config.early_stopping: val_loss needs validation rows',
    ],
  ])('refuses %j', (value, message) => {
    const found = faults(value);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });

  it('tells the faults of all three configs at once', () => {
    const found = faults({
      model_config: { dropout: 2 },
      data_config: { data_path: 'x.csv' },
      training_config: { epochs: -1, optimizer: 'adma' },
    });
    expect(found.map((line) => line.split(':')[0])).toEqual([
      'body.model_config.dropout',
      'body.data_config.label',
      'body.training_config.epochs',
      'body.training_config.optimizer',
    ]);
  });

  it('trains without validation rows when nothing asks for them', () => {
    const data_config = { ...DATA, split: { train: 0.8, val: 0, test: 0.2 } };
    expect(faults({ data_config })).toEqual([]);
    expect(faults({ data_config, training_config: { monitor: 'train_loss', early_stopping: {} } })).toEqual([]);
  });
});
