/**
 * ONNX Runtime (1.30) lets values of equal extents share one buffer, one after the other, and holds it from the first of them to the last: what
 * the forward pass is done with then stays until the backward pass is done with its last gradient of that shape. In a graph that
 * keeps little in between, that would be most of what it holds: 565 MB where 312 are alive, for a ResNet-18 with checkpoints. It
 * shares only what it knows to be equal, and it does not know extents that are computed in the run.
 */
import { type Rewritten, rewriting } from '../onnx/rewrite.js';
import { activationsOf, isLarge, type Passes, Waiting } from './passes.js';

/** The same passes, and how many of the nodes are the forward pass now. */
export interface Hidden extends Rewritten {
  readonly forward: number;
}

/** The extents of what is made from the batch, and of all that is reshaped, hidden from ONNX Runtime. Every value keeps every bit. */
export function hideExtents(passes: Passes): Hidden {
  const { graph: source, batchInputs } = passes;
  const activations = activationsOf(passes);
  const rewritten = rewriting(source, 'training');
  const { graph } = rewritten;
  const waiting = new Waiting(graph);
  const batch = source.inputs.find((value) => batchInputs.has(value.name) && isLarge(value));
  let forward = passes.forward;
  rewritten.write({
    before(_, position) {
      if (position === passes.forward) forward = graph.nodes.length;
    },
    read(value, { type, inputs: [data, shape] }) {
      if (!batch) return value;
      if (batchInputs.has(value.name)) return isLarge(value) ? waiting.hidden(value) : value;
      const reshapes = type === 'Reshape' && shape?.name === value.name && !activations.has(value.name);
      return reshapes && data && isLarge(data) ? waiting.later(batch, value) : value;
    },
  });
  return { ...rewritten, forward };
}
