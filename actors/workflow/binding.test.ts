import { describe, expect, it } from 'vitest';
import { bind, fits } from './binding.js';
import { exampleRegistry } from './example-types.fixture.js';

const types = exampleRegistry();

function bound(source: string, target: string, sourceHandle?: string, targetHandle?: string): string {
  const result = bind(types.find(source)!, types.find(target)!, { source: sourceHandle, target: targetHandle });
  return result.ok
    ? result.bindings.map(({ sourcePort, targetPort }) => `${sourcePort} -> ${targetPort}`).join(', ')
    : result.faults.map((fault) => fault.code).join(', ');
}

describe('the ports of an edge', () => {
  it.each<[string, string, string | undefined, string | undefined, string]>([
    // Both handles.
    ['split', 'trainer', 'train', 'train_data', 'train -> train_data'],
    ['dataset_loader', 'note', 'dataset', 'anything', 'dataset -> anything'],
    ['dataset_loader', 'split', 'num_samples', 'dataset', 'port_type_mismatch'],
    ['dataset_loader', 'split', 'rows', 'data', 'unknown_port, unknown_port'],
    // One handle: equal name, else the only port of the type.
    ['dataset_loader', 'trainer', 'dataset', undefined, 'dataset -> dataset'],
    ['trainer', 'evaluator', 'trained_model', undefined, 'trained_model -> model'],
    ['trainer', 'evaluator', undefined, 'model', 'trained_model -> model'],
    ['split', 'evaluator', 'test', undefined, 'test -> test_dataset'],
    ['split', 'evaluator', undefined, 'test_dataset', 'ambiguous_edge'],
    ['split', 'trainer', 'train', undefined, 'ambiguous_edge'],
    ['trainer', 'evaluator', 'history', undefined, 'port_type_mismatch'],
    // None: equal names, else the only pair of one type, else the only pair that `any` lets fit.
    ['dataset_loader', 'preprocess', undefined, undefined, 'dataset -> dataset'],
    ['dataset_loader', 'trainer', undefined, undefined, 'dataset -> dataset'],
    ['mlp', 'trainer', undefined, undefined, 'model -> model'],
    ['dataset_loader', 'threshold', undefined, undefined, 'num_samples -> value'],
    ['dataset_loader', 'evaluator', undefined, undefined, 'dataset -> test_dataset'],
    ['mlp', 'note', undefined, undefined, 'model -> anything'],
    ['trainer', 'note', undefined, undefined, 'ambiguous_edge'],
    ['split', 'trainer', undefined, undefined, 'ambiguous_edge'],
    ['mlp', 'split', undefined, undefined, 'port_type_mismatch'],
    ['threshold', 'note', undefined, undefined, 'port_type_mismatch'],
    ['mlp', 'mlp', undefined, undefined, 'port_type_mismatch'],
    // Names of every object are no ports.
    ['mlp', 'trainer', 'constructor', undefined, 'unknown_port'],
  ])('%s -> %s with handles %s and %s: %s', (source, target, sourceHandle, targetHandle, expected) => {
    expect(bound(source, target, sourceHandle, targetHandle)).toBe(expected);
  });

  it('binds every pair of equal name when the edge names none', () => {
    const source = types.find('trainer')!;
    const target = {
      ...source,
      inputs: { metrics: { type: 'metrics' }, history: { type: 'history' }, model: { type: 'model' } },
    };
    expect(bind(source, target, { source: undefined, target: undefined })).toEqual({
      ok: true,
      bindings: [
        { sourcePort: 'metrics', targetPort: 'metrics' },
        { sourcePort: 'history', targetPort: 'history' },
      ],
    });
  });

  it.each([
    ['dataset', 'dataset', true],
    ['dataset', 'model', false],
    ['any', 'model', true],
    ['dataset', 'any', true],
  ])('%s into %s fits: %s', (output, input, expected) => {
    expect(fits(output, input)).toBe(expected);
  });
});
