/** Operators that treat every element alike: over tiles they are the same operators, with the same derivatives. */
import type { GraphNode, Value } from '../../onnx/index.js';

/**
 * Finite at 0, with finite slopes there: what fills up blocks are zeros, and what becomes of them meets zeros again, which only a finite number
 * survives.
 */
const ALIKE: ReadonlySet<string> = new Set([
  'Abs',
  'Add',
  'Celu',
  'Clip',
  'Elu',
  'Erf',
  'Gelu',
  'HardSigmoid',
  'HardSwish',
  'Identity',
  'LeakyRelu',
  'Max',
  'Min',
  'Mish',
  'Mul',
  'Neg',
  'Relu',
  'Selu',
  'Shrink',
  'Sigmoid',
  'Softplus',
  'Softsign',
  'Sub',
  'Tanh',
  'ThresholdedRelu',
]);

export type Operands = 'alike' | 'gate' | undefined;

/**
 * Whether a node can read tiles: `alike`, if its operands are images of one shape, already in tiles, and single numbers; `gate`, if
 * it multiplies images by one number for each of their channels.
 */
export function operandsOf(node: GraphNode, inTiles: (value: Value) => boolean): Operands {
  if (node.domain !== '' || !ALIKE.has(node.type) || node.outputs.length !== 1) return undefined;
  const [output] = node.outputs;
  const operands = node.inputs.filter((value) => value !== undefined) as Value[];
  const images = operands.filter(inTiles);
  if (images.length === 0 || images.some(({ shape }) => shape.join() !== output!.shape.join())) return undefined;
  const others = operands.filter((value) => !inTiles(value));
  if (others.every(({ shape }) => shape.every((dim) => dim === 1) && shape.length <= 4)) return 'alike';
  const isGate = (value: Value) =>
    value.shape.length === 4 && value.shape.join() === [...output!.shape.slice(0, 2), 1, 1].join();
  return node.type === 'Mul' && operands.length === 2 && isGate(others[0]!) ? 'gate' : undefined;
}
