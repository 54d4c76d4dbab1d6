/** The node types that come with the package: one file each, and one line here. */
import type { NodeType } from '../node-type.js';
import { datasetLoader } from './dataset-loader.js';
import { evaluator } from './evaluator.js';
import { backboneSelector, mlp } from './mlp.js';
import { modelExporter } from './model-exporter.js';
import { preprocess } from './preprocess.js';
import { split } from './split.js';
import { trainer } from './trainer.js';

// The config of each type is its own; in a list they are node types of some config.
export const BUILTIN_NODES = [
  datasetLoader,
  split,
  preprocess,
  mlp,
  backboneSelector,
  trainer,
  evaluator,
  modelExporter,
] as unknown as readonly NodeType[];
