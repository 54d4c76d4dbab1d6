/** The rules between the nodes: what was trained on is never tested on, and what is tested on is never fitted to. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DatasetSummary } from '../../learn/data/index.js';
import type { TrainedModel } from '../../learn/index.js';
import { PATIENT_IDS, patientRows, patientsFile } from '../fixtures/patients.js';
import { eventsOf, type Started, temporaryRuntime } from '../fixtures/temporary-runtime.js';
import { ArtefactStore } from '../values/artefact-store.js';
import { unpack } from '../values/pack.js';
import type { RunResult } from '../workflow/index.js';

type Edge = readonly [source: string, sourcePort: string, target: string, targetPort: string];

const TRAIN = { epochs: 2, batch_size: 16, seed: 3 };

function workflow(nodes: Record<string, [type: string, config?: object]>, edges: readonly Edge[]): object {
  return {
    nodes: Object.entries(nodes).map(([id, [type, config = {}]]) => ({ id, type, data: { config } })),
    edges: edges.map(([source, sourceHandle, target, targetHandle]) => ({
      source,
      sourceHandle,
      target,
      targetHandle,
    })),
  };
}

async function resultOf(
  { runtime }: Started,
  nodes: Parameters<typeof workflow>[0],
  edges: readonly Edge[],
): Promise<RunResult> {
  return (await runtime.start(workflow(nodes, edges))).result;
}

const NETWORK = { network: ['mlp', { hidden: [5] }] } as const satisfies Record<string, [string, object]>;
const SPLIT_EDGES: readonly Edge[] = [
  ['data', 'dataset', 'split', 'dataset'],
  ['network', 'model', 'train', 'model'],
  ['split', 'train', 'train', 'train_data'],
];

describe('an evaluator', () => {
  it.each([
    ['train', /was trained, fitted or chosen on \d+ of \d+ rows and \d+ patients/],
    ['val', /was trained, fitted or chosen on/],
  ])('refuses the part "%s" of the split', async (part, reason) => {
    const started = await temporaryRuntime();
    const result = await resultOf(
      started,
      {
        data: ['dataset_loader', patientsFile(started.folder)],
        split: ['split'],
        ...NETWORK,
        train: ['trainer', TRAIN],
        test: ['evaluator'],
      },
      [
        ...SPLIT_EDGES,
        ['split', 'val', 'train', 'val_data'],
        ['train', 'trained_model', 'test', 'model'],
        ['split', part, 'test', 'test_dataset'],
      ],
    );
    expect(result.failed_node).toBe('test');
    expect(result.executions['test']!.error).toMatch(reason);
    expect(JSON.stringify(result)).not.toMatch(PATIENT_IDS);
  });

  it('refuses other rows of patients that were seen', async () => {
    const started = await temporaryRuntime();
    const rows = patientRows();
    const first = patientsFile(
      started.folder,
      rows.filter((_, row) => row % 2 === 0),
      'first.csv',
    );
    const second = patientsFile(
      started.folder,
      rows.filter((_, row) => row % 2 === 1),
      'second.csv',
    );
    const result = await resultOf(
      started,
      {
        data: ['dataset_loader', first],
        other: ['dataset_loader', second],
        split: ['split'],
        ...NETWORK,
        train: ['trainer', TRAIN],
        test: ['evaluator'],
      },
      [...SPLIT_EDGES, ['train', 'trained_model', 'test', 'model'], ['other', 'dataset', 'test', 'test_dataset']],
    );
    expect(result.executions['test']!.error).toMatch(/on \d+ patients of "second.csv"/);
  });

  it('tests on what the trainer kept aside when nobody split the data', async () => {
    const started = await temporaryRuntime();
    const run = await started.runtime.start(
      workflow(
        {
          data: ['dataset_loader', patientsFile(started.folder)],
          ...NETWORK,
          train: ['trainer', TRAIN],
          test: ['evaluator', { resamples: 50 }],
        },
        [
          ['data', 'dataset', 'train', 'dataset'],
          ['network', 'model', 'train', 'model'],
          ['train', 'trained_model', 'test', 'model'],
          ['data', 'dataset', 'test', 'test_dataset'],
        ],
      ),
    );
    const report = (await eventsOf(run)).find(({ event }) => event === 'report');
    expect((await run.result).status).toBe('success');
    expect(report).toMatchObject({ num_samples: 16, num_patients: 8, intervals: { unit: 'patient' } });
  });
});

describe('a trainer', () => {
  const all = {
    data: ['dataset_loader', { dataset: 'wdbc' }],
    split: ['split'],
    ...NETWORK,
    train: ['trainer', TRAIN],
  } as const;
  it.each<[string, readonly Edge[], RegExp]>([
    [
      'the test part for validation',
      [...SPLIT_EDGES, ['split', 'test', 'train', 'val_data']],
      /val_data.* is the test part/,
    ],
    [
      'the test part for training',
      [SPLIT_EDGES[0]!, SPLIT_EDGES[1]!, ['split', 'test', 'train', 'train_data']],
      /train_data.* is the test part/,
    ],
    [
      'the validation part as the data set',
      [SPLIT_EDGES[0]!, SPLIT_EDGES[1]!, ['split', 'val', 'train', 'dataset']],
      /dataset.* is the val part/,
    ],
    [
      'the training part for validation too',
      [...SPLIT_EDGES, ['split', 'train', 'train', 'val_data']],
      /are in the training and in the validation part/,
    ],
    [
      'a data set and a training part',
      [...SPLIT_EDGES, ['data', 'dataset', 'train', 'dataset']],
      /connect one of the two/,
    ],
    [
      'an unsplit data set and a validation part',
      [
        SPLIT_EDGES[0]!,
        SPLIT_EDGES[1]!,
        ['data', 'dataset', 'train', 'dataset'],
        ['split', 'val', 'train', 'val_data'],
      ],
      /would split it itself/,
    ],
    ['no data', [SPLIT_EDGES[0]!, SPLIT_EDGES[1]!], /has no data/],
  ])('refuses %s', async (_, edges, reason) => {
    const started = await temporaryRuntime();
    const result = await resultOf(started, { ...all } as never, edges);
    expect(result.executions['train']!.error).toMatch(reason);
  });
});

describe('preprocessing that stands before the split', () => {
  it('is fitted to the training part: values of test patients play no part', async () => {
    const started = await temporaryRuntime();
    const { runtime, folder } = started;
    const rows = patientRows();
    const nodes = (file: object): Parameters<typeof workflow>[0] => ({
      data: ['dataset_loader', file],
      prepare: ['preprocess', { impute: 'mean', scale: 'minmax' }],
      split: ['split', { train: 0.6, val: 0.2, test: 0.2, seed: 4 }],
      ...NETWORK,
      train: ['trainer', TRAIN],
    });
    const edges: readonly Edge[] = [
      ['data', 'dataset', 'prepare', 'dataset'],
      ['prepare', 'dataset', 'split', 'dataset'],
      ['network', 'model', 'train', 'model'],
      ['split', 'train', 'train', 'train_data'],
      ['split', 'val', 'train', 'val_data'],
    ];
    const artefacts = new ArtefactStore(join(folder, 'artefacts'));
    const outputOf = (result: RunResult, node: string, port: string): unknown => {
      const described = result.outputs[node]![port] as DatasetSummary & { $file: { sha256: string } };
      return unpack(artefacts.get(described.$file.sha256));
    };
    const result = await (await runtime.start(workflow(nodes(patientsFile(folder, rows)), edges))).result;
    expect(result.status).toBe('success');
    const model = outputOf(result, 'train', 'trained_model') as TrainedModel;
    const train = outputOf(result, 'split', 'train') as { rowNumbers: Int32Array };
    const seen = [...train.rowNumbers].map((line) => Number(rows[line - 2]![1]));
    const size = model.preprocessing.columns.find(({ name }) => name === 'size') as { center: number; scale: number };
    // The least and the greatest size of the training rows, and of no others.
    expect(size.center).toBe(Math.fround(Math.min(...seen)));
    expect(size.scale).toBe(Math.fround(1 / (Math.fround(Math.max(...seen)) - Math.fround(Math.min(...seen)))));
    const all = rows.map((row) => Number(row[1]));
    expect(Math.min(...all) < Math.min(...seen) || Math.max(...all) > Math.max(...seen)).toBe(true);
  });
});
