import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { backboneOf, modelConfig } from './model-config.js';
import { parse } from './parse.js';

function faults(value: unknown): string[] {
  const parsed = parse(modelConfig, value);
  return parsed.ok ? [] : parsed.issues.map((issue) => `${issue.loc.join('.')}: ${issue.msg}`);
}

describe('model_config', () => {
  it('fills in its defaults', () => {
    expect(modelConfig.parse({})).toEqual({ hidden: [64, 32], dropout: 0 });
    expect(backboneOf(modelConfig.parse({}))).toBe('mlp');
    expect(backboneOf(modelConfig.parse({ type: 'mlp' }))).toBe('mlp');
  });

  it('accepts what older clients send when it asks for nothing that is missing', () => {
    const sent = {
      backbone: 'mlp',
      num_classes: 2,
      pretrained: false,
      feature_dim: 16,
      hidden: [32, 16],
      fusion: null,
    };
    expect(faults(sent)).toEqual([]);
    expect(faults({ hidden: [], attention_type: 'none', trainable: true })).toEqual([]);
  });

  it.each([
    [{ backbone: 'resnet18' }, 'backbone: "resnet18" is not available in this version'],
    [{ type: 'cnn' }, 'type: "cnn" is not available in this version'],
    [{ backbone: 'perceptron' }, 'backbone: expected "mlp", received "perceptron"'],
    [{ pretrained: true }, 'pretrained: is not available in this version: pretrained weights cannot be loaded'],
    [{ onnx: 'model.onnx' }, 'onnx: is not available in this version'],
    [{ attention_type: 'cbam' }, 'attention_type: is not available in this version'],
    [{ num_classes: 1 }, 'num_classes: must be at least 2'],
    [{ hidden: [0] }, 'hidden.0: must be at least 1'],
    [{ hidden: new Array(65).fill(8) }, 'hidden: needs at most 64 entries, received 65'],
    [{ dropout: 1 }, 'dropout: must be less than 1'],
    [{ seed: -1 }, 'seed: must be at least 0'],
    [{ seed: 2 ** 53 }, 'seed: must be at most 9007199254740991'],
    [{ feature_dim: 128 }, 'feature_dim: is the width of the last hidden layer: the last layer of `hidden` has 32'],
    [{ hidden: [], feature_dim: 128 }, 'feature_dim: is the width of the last hidden layer: `hidden` has no layer'],
    [{ hiden: [4] }, 'hiden: unknown key "hiden". Did you mean "hidden"?'],
    [{ numClasses: 2 }, 'numClasses: unknown key "numClasses". Did you mean "num_classes"?'],
  ])('refuses %j', (value, message) => {
    const found = faults(value);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });

  it('shows only what is available in its JSON Schema', () => {
    const shown = z.toJSONSchema(modelConfig, { io: 'input' });
    expect(shown.properties?.['backbone']).toMatchObject({ enum: ['mlp'] });
    expect(shown.properties?.['pretrained']).toMatchObject({ enum: [false, null] });
    expect(shown.additionalProperties).toBe(false);
  });
});
