/** `mlp` and `backbone_selector`: the network that is to be trained. */
import { z } from 'zod';
import { checkModel, MLP_DEFAULTS, type ModelConfig, modelConfig, modelConfigFields } from '../contract/index.js';
import { checkNetworkFile } from '../load-network.js';
import { defineNode } from '../node-type.js';
import { modelSpecOf } from '../settings.js';

const {
  backbone: _backbone,
  type: _type,
  onnx: _onnx,
  input: _input,
  output: _output,
  ...mlpFields
} = modelConfigFields;

export const mlp = defineNode({
  type: 'mlp',
  name: 'Multi-layer perceptron',
  category: 'model',
  description: 'Fully connected layers with ReLU and dropout, on tabular features. Built when the data is known.',
  inputs: {},
  outputs: { model: { type: 'model' } },
  config: z.strictObject(mlpFields).superRefine(checkModel),
  run: async (inputs, context) => ({ model: await modelSpecOf(inputs, context.dataRoots) }),
});

export const backboneSelector = defineNode({
  type: 'backbone_selector',
  aliases: ['model'],
  name: 'Backbone',
  category: 'model',
  description: 'Chooses a network: "mlp", or one from an ONNX file that is to be fine-tuned.',
  inputs: {},
  outputs: {
    backbone: { type: 'model' },
    output_dim: {
      type: 'number',
      description:
        'Width of the last hidden layer; null when that is the number of features, or the network comes from a file.',
    },
  },
  config: modelConfig as z.ZodType<ModelConfig>,
  run: async (inputs, context) => {
    await checkNetworkFile(inputs, context.dataRoots);
    const spec = await modelSpecOf(inputs, context.dataRoots);
    const { hidden = MLP_DEFAULTS.hidden } = inputs;
    return { backbone: spec, output_dim: spec.backbone === 'mlp' ? (hidden.at(-1) ?? null) : null };
  },
});
