/** Node types for the tests of this folder: small, with ports like the real ones. */
import { z } from 'zod';
import { defineNode, type NodeType } from '../node-type.js';
import { NodeRegistry } from '../registry.js';

function example(
  type: string,
  inputs: NodeType['inputs'],
  outputs: NodeType['outputs'],
  config: z.ZodType<object> = z.strictObject({}),
  aliases: readonly string[] = [],
): NodeType {
  const run = () => Object.fromEntries(Object.keys(outputs).map((port) => [port, 1]));
  return defineNode({
    type,
    aliases,
    name: type,
    category: 'example',
    description: type,
    inputs,
    outputs,
    config,
    run,
  });
}

const dataset = { type: 'dataset' };
const maybeDataset = { type: 'dataset', optional: true };
const model = { type: 'model' };

export const loaderConfig = z
  .strictObject({
    dataset: z.string().optional(),
    data_path: z.string().optional(),
    label: z.string().optional(),
    limit: z.int().min(1).default(10),
  })
  .refine((config) => config.data_path === undefined || config.label !== undefined, {
    path: ['label'],
    error: 'is required with `data_path`',
  });

export const exampleTypes: readonly NodeType[] = [
  example('dataset_loader', {}, { dataset, num_samples: { type: 'number' } }, loaderConfig, ['dataLoader']),
  example('split', { dataset }, { train: dataset, val: dataset, test: dataset }),
  example('preprocess', { dataset }, { dataset }),
  example(
    'mlp',
    {},
    { model },
    z.strictObject({ type: z.enum(['mlp', 'logistic']).optional(), hidden: z.array(z.int()).default([8]) }),
  ),
  example(
    'trainer',
    { model, dataset: maybeDataset, train_data: maybeDataset, val_data: maybeDataset },
    { trained_model: model, metrics: { type: 'metrics' }, history: { type: 'history' } },
    z.strictObject({ epochs: z.int().min(1).max(100).default(5) }),
    ['training'],
  ),
  example('evaluator', { model, test_dataset: dataset }, { metrics: { type: 'metrics' } }),
  example('note', { anything: { type: 'any', optional: true } }, { text: { type: 'text' } }),
  example('threshold', { value: { type: 'number' } }, {}, z.strictObject({ value: z.number().optional() })),
];

/** A registry of them, new each time. */
export function exampleRegistry(): NodeRegistry {
  return new NodeRegistry(exampleTypes);
}
