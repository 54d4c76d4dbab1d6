import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineNode } from './node-type.js';
import { NodeRegistry } from './registry.js';

const loader = defineNode({
  type: 'dataset_loader',
  aliases: ['dataLoader'],
  name: 'Data set',
  category: 'data',
  description: 'Reads a data set.',
  inputs: {},
  outputs: { dataset: { type: 'dataset' }, num_samples: { type: 'number' } },
  config: z.strictObject({ data_path: z.string(), limit: z.int().min(1).default(10) }),
  run: (inputs) => ({ dataset: inputs.data_path, num_samples: inputs.limit }),
});

const trainer = defineNode({
  type: 'trainer',
  name: 'Trainer',
  category: 'training',
  description: 'Trains.',
  inputs: { model: { type: 'model' }, val_data: { type: 'dataset', optional: true } },
  outputs: { trained_model: { type: 'model' } },
  config: z.strictObject({}),
  run: () => ({ trained_model: 1 }),
});

describe('NodeRegistry', () => {
  it('finds a type by its name and by its aliases', () => {
    const registry = new NodeRegistry([loader, trainer]);
    expect(registry.find('dataset_loader')).toBe(loader);
    expect(registry.find('dataLoader')).toBe(loader);
    expect(registry.find('constructor')).toBeUndefined();
    expect(registry.all()).toEqual([loader, trainer]);
    expect(registry.names()).toEqual(['dataset_loader', 'dataLoader', 'trainer']);
  });

  it('describes the types to clients, with the JSON Schema of what they may send', () => {
    const registry = new NodeRegistry([loader, trainer]);
    expect(registry.describe('data')).toEqual([
      {
        type: 'dataset_loader',
        name: 'Data set',
        category: 'data',
        description: 'Reads a data set.',
        inputs: [],
        outputs: ['dataset', 'num_samples'],
        required_inputs: [],
        input_types: {},
        output_types: { dataset: 'dataset', num_samples: 'number' },
        config_schema: {
          $schema: 'https://json-schema.org/draft/2020-12/schema',
          type: 'object',
          properties: { data_path: { type: 'string' }, limit: expect.objectContaining({ default: 10, minimum: 1 }) },
          // What has a default may be left out.
          required: ['data_path'],
          additionalProperties: false,
        },
      },
    ]);
    expect(registry.describe().map((entry) => entry.required_inputs)).toEqual([[], ['model']]);
    expect(registry.describe('imaging')).toEqual([]);
  });

  it.each([
    ['a name', { ...loader, aliases: [] }, 'dataset_loader'],
    ['an alias', { ...trainer, aliases: ['dataLoader'] }, 'dataLoader'],
  ])('refuses %s that is taken, naming both types, and keeps nothing of the second', (_, second, name) => {
    const registry = new NodeRegistry([loader]);
    expect(() => registry.register({ ...second, name: 'Second' })).toThrow(
      `(Second, ${second.category}) cannot be registered: "dataset_loader" (Data set, data) already goes by the name "${name}"`,
    );
    expect(registry.all()).toEqual([loader]);
    expect(registry.find('trainer')).toBeUndefined();
  });

  it('refuses an empty name', () => {
    expect(() => new NodeRegistry([{ ...loader, type: ' ' }])).toThrow('needs a name that is not empty, not " "');
  });
});
