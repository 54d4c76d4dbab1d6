/** Keeps what the backward pass needs of the forward pass as float16: half the memory, with the rounding of float16 in gradients only. */
import { Arithmetic, type Value } from '../onnx/index.js';
import { type Rewritten, rewriting } from '../onnx/rewrite.js';
import { activationsOf, isLarge, LastGradient, type Passes, Waiting } from './passes.js';

/** The forward pass computes as before; the loss is the same to the bit. */
export function storeActivationsInHalf(passes: Passes): Rewritten {
  const { graph: source, forward, batchInputs } = passes;
  const activations = activationsOf(passes);
  const needed = new Set<string>();
  for (const node of source.nodes.slice(forward)) {
    for (const value of node.inputs) {
      const stored = value && activations.has(value.name) && !batchInputs.has(value.name);
      if (stored && value.dtype === 'float32' && isLarge(value)) needed.add(value.name);
    }
  }
  const rewritten = rewriting(source, 'training');
  const { graph } = rewritten;
  const math = new Arithmetic(graph);
  const waiting = new Waiting(graph);
  const halves = new Map<string, Value>();
  const restored = new Map<string, Value>();
  /** The values as the rest of the forward pass reads them: only when they are stored, or they would be kept as well. */
  const passedOn = new Map<string, Value>();
  const last = new LastGradient();
  rewritten.write({
    read(value, _, position) {
      const half = halves.get(value.name);
      if (!half) return value;
      if (position < forward) return passedOn.get(value.name)!;
      const known = restored.get(value.name);
      if (known) return known;
      const { value: gradient } = last;
      const whole = graph.names.within('restored', () =>
        math.cast(gradient ? waiting.until(gradient, half) : half, 'float32'),
      );
      restored.set(value.name, whole);
      return whole;
    },
    after(_, outputs, position) {
      if (position >= forward) return last.see(outputs);
      for (const output of outputs) {
        if (!output || !needed.has(output.name)) continue;
        graph.names.within('stored', () => {
          const half = math.cast(output, 'float16');
          halves.set(output.name, half);
          passedOn.set(output.name, waiting.until(half, output));
        });
      }
    },
  });
  return rewritten;
}
