/** `mlp` and `backbone_selector`: the network that is to be trained. */
import { z } from 'zod';
import { type ModelConfig, modelConfig, modelConfigFields } from '../contract/index.js';
import { defineNode } from '../node-type.js';
import { modelSpecOf } from '../settings.js';

const { backbone: _backbone, type: _type, ...mlpFields } = modelConfigFields;

export const mlp = defineNode({
  type: 'mlp',
  name: 'Multi-layer perceptron',
  category: 'model',
  description: 'Fully connected layers with ReLU and dropout, on tabular features. Built when the data is known.',
  inputs: {},
  outputs: { model: { type: 'model' } },
  config: z.strictObject(mlpFields),
  run: (inputs) => ({ model: modelSpecOf({ ...inputs, backbone: 'mlp' }) }),
});

export const backboneSelector = defineNode({
  type: 'backbone_selector',
  aliases: ['model'],
  name: 'Backbone',
  category: 'model',
  description: 'Chooses a network by name; "mlp" in this version.',
  inputs: {},
  outputs: {
    backbone: { type: 'model' },
    output_dim: {
      type: 'number',
      description: 'Width of the last hidden layer; null when that is the number of features.',
    },
  },
  config: modelConfig as z.ZodType<ModelConfig>,
  run: (inputs) => ({ backbone: modelSpecOf(inputs), output_dim: inputs.hidden.at(-1) ?? null }),
});
