import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadBuiltin } from '../learn/index.js';
import { createRuntime } from './create-runtime.js';
import { graph } from './fixtures/graph.js';
import { eventsOf, firstEvent, TEST_NODES, temporaryFolder, temporaryRuntime } from './fixtures/temporary-runtime.js';
import { InvalidWorkflow } from './runtime-types.js';

interface Drawn {
  nodes: { id: string; data: { config: Record<string, unknown> } }[];
  edges: unknown[];
}

function example(epochs: number): Drawn {
  const drawn = JSON.parse(readFileSync(new URL('../examples/wdbc.json', import.meta.url), 'utf8')) as Drawn;
  drawn.nodes.find(({ id }) => id === 'train')!.data.config['epochs'] = epochs;
  return drawn;
}

describe('the example, from data to an ONNX file', () => {
  it('runs to the end and tells it all, but nothing of a single patient', async () => {
    const { runtime, folder } = await temporaryRuntime();
    const run = await runtime.start(example(12));
    const events = (await eventsOf(run)).filter(({ seq }) => seq !== undefined);
    const result = await run.result;
    expect(result).toMatchObject({
      status: 'success',
      statistics: { total_nodes: 7, completed_nodes: 7, failed_nodes: 0 },
    });
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));

    const ended = events.flatMap(({ node_id, status }) => (status === 'completed' && node_id ? [node_id] : []));
    const before = (first: string, second: string) => expect(ended.indexOf(first)).toBeLessThan(ended.indexOf(second));
    for (const [first, second] of [
      ['data', 'prepare'],
      ['prepare', 'split'],
      ['split', 'train'],
      ['network', 'train'],
      ['train', 'evaluate'],
      ['train', 'export'],
    ] as const)
      before(first, second);
    const epochs = events.filter(({ event }) => event === 'epoch_completed');
    expect(epochs.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));

    const { metrics } = result.outputs['evaluate'] as {
      metrics: Record<string, { value: number; low: number; high: number }>;
    };
    const auc = metrics['auc']!;
    expect(auc.value).toBeGreaterThan(0.95);
    expect(auc.low).toBeLessThanOrEqual(auc.value);
    expect(auc.high).toBeGreaterThanOrEqual(auc.value);
    const { export_path, file_size } = result.outputs['export'] as { export_path: string; file_size: number };
    expect(export_path).toBe(join(folder, 'runs', run.id, 'export', 'wdbc.onnx'));
    expect(statSync(export_path).size).toBe(file_size);

    // A handle and a summary stand for the data; its bytes are in the store.
    const { dataset } = result.outputs['data'] as {
      dataset: { num_samples: number; $file: { sha256: string; bytes: number } };
    };
    expect(dataset.num_samples).toBe(569);
    expect(statSync(join(folder, 'artefacts', dataset.$file.sha256.slice(0, 2), dataset.$file.sha256)).size).toBe(
      dataset.$file.bytes,
    );
    const told = JSON.stringify([events, result]);
    const { features, rowHashes } = loadBuiltin('wdbc');
    for (const hash of rowHashes.slice(0, 50)) expect(told).not.toContain(String(hash));
    // Measurements with many digits: short ones may be anything.
    const measured = [...features.data]
      .map((value) => String(value))
      .filter((text) => text.replace(/\D/g, '').length > 9);
    expect(measured.length).toBeGreaterThan(1000);
    expect(measured.filter((text) => told.includes(text))).toEqual([]);
  });

  it('gives the same figures and the same file every time', async () => {
    const { runtime } = await temporaryRuntime();
    const results = [];
    for (let round = 0; round < 2; round++) results.push(await (await runtime.start(example(3))).result);
    const [one, other] = results.map(({ outputs }) => ({
      metrics: outputs['evaluate'],
      history: outputs['train']!['history'],
      file: readFileSync(outputs['export']!['export_path'] as string).toString('base64'),
    }));
    expect(other).toEqual(one);
  });
});

describe('cancelling in the middle of a training', () => {
  it('ends at the next border of a run, with nothing trained after', async () => {
    const { runtime } = await temporaryRuntime();
    const run = await runtime.start(example(100_000));
    await firstEvent(run, ({ event }) => event === 'epoch_completed');
    await run.cancel();
    const result = await run.result;
    expect(result.status).toBe('cancelled');
    expect(result.executions).toMatchObject({
      split: { status: 'completed' },
      train: { status: 'cancelled' },
      evaluate: { status: 'cancelled' },
    });
    const events = await eventsOf(run);
    expect(events.at(-1)?.type).toBe('workflow_completed');
    expect(events.filter(({ event }) => event === 'epoch_completed').length).toBeLessThan(5000);
  });
});

describe('a runtime', () => {
  it.each([0, 1.5, -1, Number.NaN])('refuses %s threads', async (threads) => {
    await expect(createRuntime({ threads })).rejects.toThrow(RangeError);
  });

  it('says which module of nodes cannot be loaded or holds none, and starts nothing', async () => {
    const folder = temporaryFolder();
    await expect(createRuntime({ dataDir: folder, nodes: [join(folder, 'gone.mjs')] })).rejects.toThrow('gone.mjs');
    writeFileSync(join(folder, 'none.mjs'), 'export default { type: 1 };');
    await expect(createRuntime({ dataDir: folder, nodes: [join(folder, 'none.mjs')] })).rejects.toThrow('no node type');
  });

  it('knows nodes by path and by URL', async () => {
    const { runtime } = await temporaryRuntime({ nodes: [pathToFileURL(TEST_NODES).href] });
    const run = await runtime.start(graph(['a', 'say', { give: 'hello' }]));
    expect((await run.result).outputs).toEqual({ a: { value: 'hello' } });
  });

  it('gives every fault of a workflow at once, and starts nothing', async () => {
    const { runtime } = await temporaryRuntime();
    const drawn = graph(['a', 'nonsense'], ['b', 'say', { colour: 1 }], ['c', 'pass', {}, 'nobody']);
    expect(runtime.validate(drawn).length).toBeGreaterThanOrEqual(3);
    const error = await runtime.start(drawn).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidWorkflow);
    expect((error as InvalidWorkflow).faults).toEqual(runtime.validate(drawn));
    for (const wrong of [undefined, null, 3, [], 'x']) expect(runtime.validate(wrong).length).toBeGreaterThan(0);
  });

  it('works without a store on the disk, and then forgets', async () => {
    const { runtime, workflows, folder } = await temporaryRuntime({ log: 'memory' });
    const run = await runtime.start(
      graph(['a', 'numbers', { give: 2000 }], ['b', 'pass', {}, 'a'], ['c', 'break', { how: 'throw' }]),
    );
    expect(await run.result).toMatchObject({ executions: { b: { status: 'completed' }, c: { status: 'failed' } } });
    expect(await workflows.retry(run.id)).toMatchObject({ status: 'running' });
    await workflows.result(run.id);
    expect(() => statSync(join(folder, 'ganglion.db'))).toThrow();
  });

  it('can be closed twice, and refuses work then', async () => {
    const { runtime } = await temporaryRuntime();
    await Promise.all([runtime.close(), runtime.close()]);
    await expect(runtime.train({ data_config: { dataset: 'wdbc' } })).rejects.toMatchObject({ code: 'runtime_closed' });
  });
});

it('a job never writes into the folder of an earlier one, also when nobody remembers that one', async () => {
  const dataDir = temporaryFolder();
  const request = {
    data_config: { dataset: 'wdbc' },
    model_config: { hidden: [4] },
    training_config: { epochs: 1 },
  };
  const models: (string | null)[] = [];
  for (let count = 0; count < 2; count++) {
    const { runtime } = await temporaryRuntime({ dataDir, log: 'memory', threads: 1 });
    const job = await runtime.train(request);
    models.push((await job.result).model_path);
    await runtime.close();
  }
  expect(new Set(models).size).toBe(2);
  expect(models.every((path) => path !== null && existsSync(path))).toBe(true);
});
