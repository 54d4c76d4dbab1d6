/** Keeps what the backward pass needs of the forward pass as float16: half the memory, with the rounding of float16 in gradients only. */
import { Arithmetic, type GraphNode, type Value } from '../onnx/index.js';
import { type Rewritten, rewriting } from '../onnx/rewrite.js';
import { activationsOf, isLarge, LastGradient, type Passes, Waiting } from './passes.js';

/** The forward pass computes as before; the loss is the same to the bit. */
export function storeActivationsInHalf(passes: Passes): Rewritten {
  const { graph: source, forward, batchInputs } = passes;
  const activations = activationsOf(passes);
  const read = new Map<string, Value>();
  for (const node of source.nodes.slice(forward)) {
    for (const value of node.inputs) {
      const stored = value && activations.has(value.name) && !batchInputs.has(value.name);
      if (stored && value.dtype === 'float32') read.set(value.name, value);
    }
  }
  const families = familiesOf(source.nodes.slice(0, forward));
  const large = new Set([...read.values()].filter(isLarge).map(({ name }) => families.of(name)));
  const needed = new Set([...read.keys()].filter((name) => large.has(families.of(name))));
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

/** Nodes whose results are elements of what they read, in the same bits. */
const CHOOSES: ReadonlySet<string> = new Set([
  ...[
    'MaxPool',
    'GlobalMaxPool',
    'ReduceMax',
    'ReduceMin',
    'Max',
    'Min',
    'Clip',
    'Relu',
    'TopK',
    'Gather',
    'Slice',
    'Pad',
  ],
  ...['Reshape', 'Transpose', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity', 'Expand', 'Concat', 'Split'],
]);

/**
 * Values that may hold the same numbers. A derivative finds the maximum of a window by comparing the two: where one is rounded and the other
 * is not, nothing would be equal. So both are stored, or none.
 */
function familiesOf(nodes: readonly GraphNode[]): { of(name: string): string } {
  const elders = new Map<string, string>();
  const of = (name: string): string => {
    const elder = elders.get(name);
    if (elder === undefined) return name;
    const eldest = of(elder);
    elders.set(name, eldest);
    return eldest;
  };
  for (const { type, inputs, outputs } of nodes) {
    if (!CHOOSES.has(type)) continue;
    const [first, ...others] = [...inputs, ...outputs].filter((value) => value?.dtype === 'float32');
    for (const other of others)
      if (first && of(first.name) !== of(other!.name)) elders.set(of(other!.name), of(first.name));
  }
  return { of };
}
