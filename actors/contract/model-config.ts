/** `model_config`: which network is trained. */
import { z } from 'zod';
import { choice, notYet } from './available.js';
import { seed } from './fields.js';

/** Backbones of the contract that are still to come. */
const LATER_BACKBONES = [
  'cnn',
  'convnext_tiny',
  'densenet121',
  'efficientnet_b0',
  'mobilenet_v2',
  'mobilenet_v3_small',
  'onnx',
  'resnet18',
  'resnet34',
  'resnet50',
  'resnet101',
  'swin_t',
  'swin_tiny',
  'transformer',
  'unet',
  'vit_b_16',
  'vit_tiny',
] as const;

const backbone = choice(['mlp'], LATER_BACKBONES, 'use "mlp" (a multi-layer perceptron on tabular data)');

/** The fields alone, for node types that take the same words. */
export const modelConfigFields = {
  backbone: backbone.optional().describe('The network; "mlp" when left out.'),
  type: backbone.optional().describe('Another word for `backbone`.'),
  num_classes: z
    .int()
    .min(2)
    .max(1000)
    .optional()
    .describe('Taken from the data when left out; checked against it when given.'),
  hidden: z
    .array(z.int().min(1).max(8192))
    .max(64)
    .default([64, 32])
    .describe('Widths of the hidden layers; an empty list makes it a logistic regression.'),
  dropout: z.number().min(0).lt(1).default(0).describe('Share of the hidden activations dropped in training.'),
  feature_dim: z
    .int()
    .min(1)
    .max(8192)
    .optional()
    .describe('Width of the last hidden layer: must agree with `hidden`.'),
  seed: seed.optional().describe('Of the initial weights and the dropout; the seed of the training when left out.'),
  pretrained: notYet('pretrained weights cannot be loaded yet; leave it out to train from random weights'),
  weights: notYet('weights cannot be loaded from a file yet; leave it out to train from random weights'),
  onnx: notYet('a model file cannot be fine-tuned yet; choose a backbone instead'),
  trainable: notYet('every weight is trained; leave it out', true, 'all'),
  attention_type: notYet('there is no attention on tabular data; leave it out', 'none'),
  fusion: notYet('only one kind of data can be used at a time; leave it out', 'none'),
  head: notYet('the network ends in one linear layer on the classes; leave it out', 'linear'),
  tabular: notYet('the network reads the tabular features directly; give its layers as `hidden`', true),
} as const;

/** `model_config` of a training job. */
export const modelConfig = z.strictObject(modelConfigFields).superRefine((config, context) => {
  if (config.backbone !== undefined && config.type !== undefined && config.backbone !== config.type) {
    context.addIssue({
      code: 'custom',
      path: ['type'],
      message: 'says something else than `backbone`: give one of the two',
    });
  }
  const width = config.hidden.at(-1);
  if (config.feature_dim !== undefined && config.feature_dim !== width) {
    const last = width === undefined ? '`hidden` has no layer' : `the last layer of \`hidden\` has ${width}`;
    context.addIssue({
      code: 'custom',
      path: ['feature_dim'],
      message: `is the width of the last hidden layer: ${last}, feature_dim says ${config.feature_dim}. Leave it out, or change \`hidden\``,
    });
  }
});

export type ModelConfig = z.infer<typeof modelConfig>;

/** The network that a config asks for. */
export function backboneOf(config: Pick<ModelConfig, 'backbone' | 'type'>): 'mlp' {
  return config.backbone ?? config.type ?? 'mlp';
}
