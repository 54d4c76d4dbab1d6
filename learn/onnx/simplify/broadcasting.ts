/** What is repeated before an operator that would repeat it anyway need not be: neither written nor kept. */
import type { GraphNode } from '../builder.js';
import { broadcastShapes, sameShape } from '../shape.js';
import type { Value } from '../value.js';

/** Operators whose inputs broadcast against each other. */
const BROADCASTING: ReadonlySet<string> = new Set([
  'Add',
  'And',
  'Div',
  'Equal',
  'Greater',
  'GreaterOrEqual',
  'Less',
  'LessOrEqual',
  'Max',
  'Min',
  'Mul',
  'Or',
  'Pow',
  'Sub',
  'Sum',
  'Where',
  'Xor',
]);

type ProducerOf = (value: Value) => GraphNode | undefined;

/** The inputs of a node, each from before it was repeated, as long as the result has the same shape. */
export function withoutRepetition(
  node: GraphNode,
  inputs: readonly (Value | undefined)[],
  producerOf: ProducerOf,
): readonly (Value | undefined)[] {
  const [output] = node.outputs;
  if (node.domain !== '' || !output || inputs.some((value) => value === undefined)) return inputs;
  const changed = [...inputs] as Value[];
  const expands = node.type === 'Expand';
  if (!expands && !BROADCASTING.has(node.type)) return inputs;
  for (const index of expands ? [0] : changed.keys()) {
    for (let from = origin(changed[index]!, producerOf); from; from = origin(from, producerOf)) {
      const shapes = changed.map(({ shape }, other) => (other === index ? from!.shape : shape));
      const target = changed[1]?.content;
      if (expands && !target) break;
      const shape = broadcastShapes(expands ? [from.shape, target!] : shapes);
      if (!shape || !sameShape(shape, output.shape)) break;
      changed[index] = from;
    }
  }
  return changed;
}

/** What a value repeats: it broadcasts to whatever the value does. */
function origin(value: Value, producerOf: ProducerOf): Value | undefined {
  const producer = producerOf(value);
  const [from] = producer?.inputs ?? [];
  if (!producer || !from || producer.domain !== '') return undefined;
  if (producer.type === 'Expand') return from;
  if (producer.type !== 'Unsqueeze' && producer.type !== 'Reshape') return undefined;
  const lead = value.shape.length - from.shape.length;
  const inFront = lead > 0 && value.shape.slice(0, lead).every((dim) => dim === 1);
  return inFront && sameShape(value.shape.slice(lead), from.shape) ? from : undefined;
}
