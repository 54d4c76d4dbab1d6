import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readModel } from '../../learn/onnx/index.js';
import { type FixtureFile, pathOf } from '../../learn/train/network-file/fixtures/files.js';
import { eventsOf, firstEvent, type Started, temporaryRuntime } from '../fixtures/temporary-runtime.js';
import type { Job } from '../runtime-types.js';
import { checkpointsIn } from './checkpoint.js';

const bytesOf = (path: string) => readFileSync(path);

async function started(name: FixtureFile = 'perceptron'): Promise<Started> {
  const runtime = await temporaryRuntime();
  copyFileSync(pathOf(name), join(runtime.folder, 'network.onnx'));
  return runtime;
}

const request = (model: Record<string, unknown> = {}, training: Record<string, unknown> = {}) => ({
  model_config: { onnx: 'network.onnx', ...model },
  data_config: { dataset: 'wdbc', preprocess: {} },
  training_config: { epochs: 6, learning_rate: 0.01, seed: 3, threads: 1, ...training },
});

describe('a job on an ONNX file', () => {
  it('leaves the file with new weights beside the model from raw values, and says what it found', async () => {
    const { runtime, folder } = await started();
    const job = await runtime.train(request({ trainable: 'head' }));
    const status = await job.result;
    expect(status.error).toBeNull();
    expect(status).toMatchObject({ status: 'completed', precision: 'float32', name: 'wdbc onnx' });
    expect((status.metrics['test_auc'] as { value: number }).value).toBeGreaterThan(0.9);
    const tuned = bytesOf(status.network_path!);
    const file = bytesOf(join(folder, 'network.onnx'));
    expect(tuned.length).toBe(file.length);
    expect(tuned.equals(file)).toBe(false);
    // The weights of the body and all the names: everything before the head's 26 numbers.
    expect(tuned.subarray(0, 2000).equals(file.subarray(0, 2000))).toBe(true);
    expect(bytesOf(status.model_path!).includes('probabilities')).toBe(true);
    const events = await eventsOf(job);
    expect(events.at(-1)).toMatchObject({ type: 'training_completed', network_path: status.network_path });
  });

  it('goes on from a checkpoint to the same bytes', async () => {
    const { runtime, folder } = await started('convolutions');
    const job = await runtime.train(request({}, { epochs: 2, checkpoint_every_steps: 3, keep_last: 1000 }));
    const whole = await job.result;
    expect(whole.error).toBeNull();
    const inside = checkpointsIn(join(folder, 'jobs', job.id, 'checkpoints')).filter(
      (path) => !path.endsWith('00000000'),
    );
    const on = await (await runtime.train({ resume_from: inside.at(-1)! })).result;
    expect(on.error).toBeNull();
    expect(bytesOf(on.network_path!).equals(bytesOf(whole.network_path!))).toBe(true);
    expect(on.metrics).toEqual(whole.metrics);
    const manifest = JSON.parse(readFileSync(join(inside[0]!, 'manifest.json'), 'utf8')) as Record<string, unknown>;
    const sha256 = createHash('sha256')
      .update(bytesOf(pathOf('convolutions')))
      .digest('hex');
    expect(manifest['network_sha256']).toBe(sha256);
  });

  it('does not go on with a file that has changed, nor with another network', async () => {
    const { runtime, folder } = await started();
    const job: Job = await runtime.train(request({}, { epochs: 4000 }));
    await firstEvent(job, ({ type }) => type === 'epoch_completed');
    await job.stop();
    await job.result;
    const file = bytesOf(join(folder, 'network.onnx'));
    // A weight, and nothing else.
    readModel(file).graph!.initializer.at(-1)!.rawData![0]! ^= 1;
    writeFileSync(join(folder, 'network.onnx'), file);
    const changed = await (await runtime.train({ resume_from: job.id })).result;
    expect(changed.error).toMatch(/another content of "network.onnx" \(SHA-256 [0-9a-f]{64}\)/);
    const other = await (await runtime.train({ resume_from: job.id, model_config: { onnx: null } })).result;
    expect(other.error).toContain('another network');
  });

  const REFUSED: readonly (readonly [Record<string, unknown>, string, RegExp])[] = [
    [{ onnx: 'nothing.onnx' }, 'onnx', /there is no file "nothing.onnx"/],
    [{ onnx: '../../etc/passwd' }, 'onnx', /outside the data folders/],
    [{ onnx: 'text.onnx' }, 'onnx', /./],
    [{ trainable: ['fc.weight'] }, 'trainable', /no tensor "fc.weight"/],
    [{ output: 'scores' }, 'output', /no value "scores"/],
    [{ input: 'image' }, 'input', /no input "image": it has "features"/],
  ];

  it('is refused before it exists where the file cannot be trained, by the word that would mend it', async () => {
    const { runtime, training, folder } = await started();
    writeFileSync(join(folder, 'text.onnx'), 'no model');
    for (const [model, word, message] of REFUSED) {
      await expect(runtime.train(request(model)), JSON.stringify(model)).rejects.toMatchObject({
        code: 'invalid',
        issues: [{ loc: ['body', 'model_config', word], msg: expect.stringMatching(message) }],
      });
    }
    expect(await training.ask({ type: 'list', skip: 0, limit: 1 })).toMatchObject({ total: 0 });
  });

  it('fails with what does not fit where only the data shows it', async () => {
    const { runtime } = await started('convolutions');
    const body = { ...request(), data_config: { dataset: 'wdbc', num_samples: 500 } };
    const status = await (await runtime.train({ ...body, model_config: { onnx: 'network.onnx', num_classes: 3 } }))
      .result;
    expect(status.error).toContain('num_classes is 3');
  });
});

describe('a workflow with an ONNX file', () => {
  it('trains it, tests it, and exports the file with its new weights', async () => {
    const { runtime, folder } = await started();
    const config = request().model_config;
    const nodes = [
      { id: 'data', type: 'dataset_loader', data: { config: { dataset: 'wdbc' } } },
      { id: 'scale', type: 'preprocess', data: { config: {} } },
      { id: 'split', type: 'split', data: { config: {} } },
      { id: 'network', type: 'backbone_selector', data: { config } },
      {
        id: 'train',
        type: 'trainer',
        data: { config: { epochs: 8, learning_rate: 0.01, use_amp: true, accumulate: 2 } },
      },
      { id: 'test', type: 'evaluator', data: { config: { resamples: 0 } } },
      { id: 'file', type: 'model_exporter', data: { config: { content: 'network', filename: 'tuned.onnx' } } },
    ];
    const edge = (source: string, sourceHandle: string, target: string, targetHandle: string) => ({
      source,
      sourceHandle,
      target,
      targetHandle,
    });
    const edges = [
      edge('data', 'dataset', 'scale', 'dataset'),
      edge('scale', 'dataset', 'split', 'dataset'),
      edge('split', 'train', 'train', 'train_data'),
      edge('split', 'val', 'train', 'val_data'),
      edge('network', 'backbone', 'train', 'model'),
      edge('train', 'trained_model', 'test', 'model'),
      edge('split', 'test', 'test', 'test_dataset'),
      edge('train', 'trained_model', 'file', 'model'),
    ];
    const run = await runtime.start({ nodes, edges });
    const result = await run.result;
    expect(result.error ?? '').toBe('');
    const outputs = result.outputs as Record<string, Record<string, unknown>>;
    expect((outputs['test']!['metrics'] as { auc: { value: number } }).auc.value).toBeGreaterThan(0.95);
    expect(outputs['train']!['metrics']).toMatchObject({ skipped_steps: expect.any(Number) });
    const tuned = bytesOf(String(outputs['file']!['export_path']));
    const file = bytesOf(join(folder, 'network.onnx'));
    expect(tuned.length).toBe(file.length);
    expect(tuned.equals(file)).toBe(false);
    expect(outputs['network']!['backbone']).toMatchObject({ backbone: 'onnx', file: 'network.onnx', trainable: 'all' });
    const events = await eventsOf(run);
    expect(JSON.stringify(events)).toContain('float16');
  });
});
