/** Outside training dropout is the identity: a graph that is only read has no node for it. */
import { Arithmetic, type GraphBuilder, type ImportOptions } from '../onnx/index.js';

/** For a node that also gives out which elements it kept, all are kept. */
export function withoutDropout(graph: GraphBuilder): NonNullable<ImportOptions['lower']> {
  const math = new Arithmetic(graph);
  return (node, [input]) => {
    if (node.opType !== 'Dropout' || !input) return undefined;
    return node.output[1] ? [input, math.cast(math.onesLike(input), 'bool')] : [input];
  };
}
