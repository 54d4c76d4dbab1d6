/** `model_config`: which network is trained. */
import { z } from 'zod';
import { choice, notYet } from './available.js';
import { distinct, name, path, seed } from './fields.js';

/** Backbones of the contract that are still to come. */
const LATER_BACKBONES = [
  'cnn',
  'convnext_tiny',
  'densenet121',
  'efficientnet_b0',
  'mobilenet_v2',
  'mobilenet_v3_small',
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

const backbone = choice(
  ['mlp', 'onnx'],
  LATER_BACKBONES,
  'use "mlp" (a multi-layer perceptron on tabular data), or export the network and fine-tune it with `onnx`',
);

/** What a perceptron is when nothing is said. */
export const MLP_DEFAULTS = { hidden: [64, 32], dropout: 0 } as const;

/** The fields alone, for node types that take the same words. */
export const modelConfigFields = {
  backbone: backbone.optional().describe('The network; "mlp" when left out, "onnx" with a file.'),
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
    .optional()
    .describe(
      'Of "mlp": widths of the hidden layers, [64, 32] when left out; an empty list makes it a logistic regression.',
    ),
  dropout: z
    .number()
    .min(0)
    .lt(1)
    .optional()
    .describe('Of "mlp": share of the hidden activations dropped in training, 0 when left out.'),
  feature_dim: z
    .int()
    .min(1)
    .max(8192)
    .optional()
    .describe('Of "mlp": width of the last hidden layer; must agree with `hidden`.'),
  seed: seed.optional().describe('Of the initial weights and the dropout; the seed of the training when left out.'),
  onnx: path
    .nullish()
    .describe(
      'An ONNX file below one of the data folders, to be fine-tuned: rows [N, ...] in, logits [N, classes] out.',
    ),
  trainable: z
    .union([z.literal(['all', 'head', true]), distinct(name, 1, 10_000)])
    .nullish()
    .describe(
      'Of "onnx": "all" weights (true says the same), the "head" (the last layer with weights and what follows it), or names of tensors, in which * stands for any characters.',
    ),
  input: name.optional().describe('Of "onnx": the name of its input, checked against the file.'),
  output: name
    .optional()
    .describe('Of "onnx": the value that holds the logits, where the file has several outputs or ends in a softmax.'),
  pretrained: notYet('give the file of the pretrained network with `onnx`; leave it out to train from random weights'),
  weights: notYet(
    'give the file of the network with its weights with `onnx`; leave it out to train from random weights',
  ),
  attention_type: notYet('there is no attention on tabular data; leave it out', 'none'),
  fusion: notYet('only one kind of data can be used at a time; leave it out', 'none'),
  head: notYet('the network ends in one linear layer on the classes; leave it out', 'linear'),
  tabular: notYet('the network reads the tabular features directly; give its layers as `hidden`', true),
} as const;

type Fields = z.infer<z.ZodObject<typeof modelConfigFields>>;

const OF_MLP = ['hidden', 'dropout', 'feature_dim'] as const;
const OF_FILES = ['input', 'output'] as const;

/** What the fields must agree on. */
export function checkModel(config: Partial<Fields>, context: z.core.$RefinementCtx): void {
  const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  if (config.backbone !== undefined && config.type !== undefined && config.backbone !== config.type) {
    return refuse(['type'], 'says something else than `backbone`: give one of the two');
  }
  const named = config.backbone ?? config.type;
  const hasFile = typeof config.onnx === 'string';
  if (hasFile && named === 'mlp') refuse(['onnx'], 'stands beside the backbone "mlp": give one of the two');
  if (!hasFile && named === 'onnx') refuse(['onnx'], 'is required with the backbone "onnx": the file to fine-tune');
  if (hasFile) {
    for (const word of OF_MLP)
      if (config[word] !== undefined)
        refuse([word], 'belongs to "mlp", and the network comes from a file: leave it out');
    return;
  }
  for (const word of OF_FILES)
    if (config[word] !== undefined) refuse([word], 'belongs to a network from a file: give the file with `onnx`');
  const { trainable } = config;
  if (trainable === 'head' || Array.isArray(trainable))
    refuse(['trainable'], 'every weight of "mlp" is trained: leave it out, or give a file with `onnx`');
  const width = (config.hidden ?? MLP_DEFAULTS.hidden).at(-1);
  if (config.feature_dim !== undefined && config.feature_dim !== width) {
    const last = width === undefined ? '`hidden` has no layer' : `the last layer of \`hidden\` has ${width}`;
    refuse(
      ['feature_dim'],
      `is the width of the last hidden layer: ${last}, feature_dim says ${config.feature_dim}. Leave it out, or change \`hidden\``,
    );
  }
}

/** `model_config` of a training job. */
export const modelConfig = z.strictObject(modelConfigFields).superRefine(checkModel);

export type ModelConfig = z.infer<typeof modelConfig>;

/** The network that a config asks for. */
export function backboneOf(config: Pick<ModelConfig, 'backbone' | 'type' | 'onnx'>): 'mlp' | 'onnx' {
  return config.backbone ?? config.type ?? (typeof config.onnx === 'string' ? 'onnx' : 'mlp');
}

/** The file that a config asks to fine-tune, and how. */
export function networkFileOf(config: ModelConfig) {
  if (typeof config.onnx !== 'string') return undefined;
  const { onnx: path, trainable, input, output } = config;
  return {
    path,
    words: {
      trainable: trainable === true || trainable === null || trainable === undefined ? ('all' as const) : trainable,
      ...(input !== undefined && { input }),
      ...(output !== undefined && { output }),
    },
  };
}
