import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { backboneOf, MLP_DEFAULTS, modelConfig, networkFileOf } from './model-config.js';
import { parse } from './parse.js';

function faults(value: unknown): string[] {
  const parsed = parse(modelConfig, value);
  return parsed.ok ? [] : parsed.issues.map((issue) => `${issue.loc.join('.')}: ${issue.msg}`);
}

describe('model_config', () => {
  it('asks for a perceptron unless it names something else', () => {
    expect(modelConfig.parse({})).toEqual({});
    expect(MLP_DEFAULTS).toEqual({ hidden: [64, 32], dropout: 0 });
    expect(backboneOf(modelConfig.parse({}))).toBe('mlp');
    expect(backboneOf(modelConfig.parse({ type: 'mlp' }))).toBe('mlp');
    expect(backboneOf(modelConfig.parse({ onnx: 'network.onnx' }))).toBe('onnx');
    expect(networkFileOf(modelConfig.parse({ trainable: 'all' }))).toBeUndefined();
  });

  it.each([
    [{}, { trainable: 'all' }],
    [{ trainable: true }, { trainable: 'all' }],
    [
      { trainable: 'head', output: 'scores' },
      { trainable: 'head', output: 'scores' },
    ],
    [
      { backbone: 'onnx', trainable: ['fc.*'], input: 'x', seed: 3 },
      { trainable: ['fc.*'], input: 'x' },
    ],
  ])('takes a file with %j', (more, words) => {
    const config = { onnx: 'network.onnx', ...more };
    expect(faults(config)).toEqual([]);
    expect(networkFileOf(modelConfig.parse(config))).toEqual({ path: 'network.onnx', words });
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
    [{ backbone: 'perceptron' }, 'backbone: expected one of "mlp", "onnx", received "perceptron"'],
    [
      { pretrained: true },
      'pretrained: is not available in this version: give the file of the pretrained network with `onnx`',
    ],
    [{ backbone: 'onnx' }, 'onnx: is required with the backbone "onnx"'],
    [{ backbone: 'mlp', onnx: 'model.onnx' }, 'onnx: stands beside the backbone "mlp"'],
    [{ onnx: 'model.onnx', hidden: [4] }, 'hidden: belongs to "mlp", and the network comes from a file'],
    [{ onnx: 'model.onnx', trainable: 'body' }, 'trainable: expected one of "all", "head", true, or a list'],
    [{ onnx: 'model.onnx', trainable: [] }, 'trainable: must not be empty'],
    [{ onnx: '' }, 'onnx: must not be empty'],
    [{ trainable: 'head' }, 'trainable: every weight of "mlp" is trained'],
    [{ output: 'logits' }, 'output: belongs to a network from a file'],
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
    expect(shown.properties?.['backbone']).toMatchObject({ enum: ['mlp', 'onnx'] });
    expect(shown.properties?.['pretrained']).toMatchObject({ enum: [false, null] });
    expect(shown.additionalProperties).toBe(false);
  });
});
