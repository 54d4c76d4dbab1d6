/** `model_exporter`: one ONNX file from raw values to probabilities, the preprocessing inside. */
import { join } from 'node:path';
import { z } from 'zod';
import { exportModel, type TrainedModel } from '../../learn/index.js';
import { defineNode } from '../node-type.js';
import { writeFileDurably } from '../values/artefact-store.js';

export const modelExporter = defineNode({
  type: 'model_exporter',
  name: 'Export',
  category: 'export',
  description:
    'Writes an ONNX file: input `table` [N, F] of raw values, output `probabilities` [N, C]; columns, category codes and classes in its metadata. Or the network alone.',
  inputs: { model: { type: 'trained_model' } },
  outputs: { export_path: { type: 'string' }, file_size: { type: 'number', description: 'Bytes.' } },
  config: z.strictObject({
    format: z.literal('onnx').default('onnx'),
    content: z
      .enum(['scoring', 'network'])
      .default('scoring')
      .describe(
        '"scoring": from raw values to probabilities. "network": from features to logits, as it was trained; of a network from a file, that very file with its new weights.',
      ),
    filename: z
      .string()
      .regex(
        /^[\w][\w .-]*\.onnx$/,
        'is a file name that ends in .onnx, without folders: the file goes into the folder of the run',
      )
      .max(200)
      .default('model.onnx'),
  }),
  run: (inputs, context) => {
    const model = inputs['model'] as TrainedModel;
    const bytes = inputs.content === 'network' ? model.network : exportModel(model);
    writeFileDurably(context.outputDir, inputs.filename, bytes);
    return { export_path: join(context.outputDir, inputs.filename), file_size: bytes.length };
  },
});
