/**
 * What ONNX Runtime 1.30 computes wrongly on WebGPU, or refuses when it runs: such a node belongs on the CPU, where it is
 * right, at the price of its values' way there and back. `derivatives.webgpu.test.ts` shows each of them.
 */
import type { Provider, SessionOptions } from '../device.js';
import { GraphBuilder, type GraphNode, importModel, readModel, type Value } from '../onnx/index.js';
import { parseEinsum } from '../onnx/operators/einsum.js';
import { knownNumbers } from '../onnx/value.js';

type Fault = (node: GraphNode) => boolean;

const extents = (value: Value | undefined): Value['shape'] => value?.shape ?? [];

/** An axis of extent 1 is not repeated against one of another extent. */
function repeatsAnAxis({ inputs, attributes }: GraphNode): boolean {
  const operands = inputs as readonly Value[];
  const { operands: terms } = parseEinsum(attributes.text('equation'), operands, (reason) => {
    throw new TypeError(reason);
  });
  const seen = new Map<string, Value['shape'][number]>();
  return terms.some((term, operand) =>
    [...term].some((letter, axis) => {
      const extent = operands[operand]!.shape[axis]!;
      const other = seen.get(letter);
      seen.set(letter, extent);
      return other !== undefined && other !== extent;
    }),
  );
}

const FAULTS: Readonly<Record<string, Fault>> = {
  /** There is no training mode. */
  BatchNormalization: ({ attributes }) => attributes.number('training_mode') !== 0,
  /** Wrong where the outputs of a group are more than 4 and no multiple of 4: its last ones are those of other groups. */
  Conv({ inputs, attributes }) {
    const group = attributes.number('group');
    const [outputs] = extents(inputs[1]);
    if (group === 1) return false;
    return typeof outputs !== 'number' || (outputs / group > 4 && (outputs / group) % 4 !== 0);
  },
  /** There is none of three axes; wrong where several channels of a group give one. */
  ConvTranspose({ inputs, attributes }) {
    const [channels, outputs] = extents(inputs[1]);
    const group = attributes.number('group');
    if (extents(inputs[1]).length > 4) return true;
    return group > 1 && channels !== group && (typeof outputs !== 'number' || outputs === 1);
  },
  Einsum: repeatsAnAxis,
  /** The scale must have the extents of the normalised axes. */
  LayerNormalization({ inputs, attributes }) {
    const { length: rank } = extents(inputs[0]);
    const axis = attributes.number('axis');
    const normalized = extents(inputs[0]).slice(axis < 0 ? axis + rank : axis);
    return inputs.slice(1).some((value) => value !== undefined && value.shape.join() !== normalized.join());
  },
  /** Wrong where it repeats and cuts off at once. */
  Pad({ inputs, attributes }) {
    if (attributes.text('mode') !== 'wrap') return false;
    return knownNumbers(inputs[1])?.every((count) => count >= 0) !== true;
  },
  /** Infinite where an exponential is: the maximum is not taken out first. */
  ReduceLogSumExp: () => true,
};

/**
 * The names of the nodes that have to be computed on the CPU when a graph runs on WebGPU: what a session is given as
 * `nodesOnCpu`. They hold inside the body of a loop too.
 */
export function nodesForCpu(nodes: readonly GraphNode[]): string[] {
  return nodes.filter((node) => node.domain === '' && FAULTS[node.type]?.(node)).map(({ name }) => name);
}

/** The same of a model file that this package wrote. What stands inside loops and branches is not looked at. */
export function nodesForCpuOf(model: Uint8Array): string[] {
  const graph = new GraphBuilder('webgpu');
  importModel(graph, readModel(model));
  return nodesForCpu(graph.nodes);
}

/** What a session for a model file that this package wrote is made with on a provider. */
export function sessionFor(provider: Provider, model: Uint8Array): SessionOptions {
  return provider === 'webgpu' ? { nodesOnCpu: nodesForCpuOf(model) } : {};
}
