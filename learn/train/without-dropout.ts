/** Outside training dropout is the identity: a graph that is only read has no node for it. */
import type { ImportOptions } from '../onnx/index.js';

export const withoutDropout: NonNullable<ImportOptions['lower']> = (node, [input]) =>
  node.opType === 'Dropout' && input && node.output.length === 1 ? [input] : undefined;
