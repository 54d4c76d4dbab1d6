/**
 * Gradient checkpointing (Chen, Xu, Zhang, Guestrin: "Training deep nets with sublinear memory cost", 2016): the forward pass is cut
 * into segments, of which only the values at their borders are kept; the backward pass computes the rest again, segment by
 * segment. The same kernels compute the same inputs, so that gradients keep every bit.
 */
import { OnnxError, type Value } from '../onnx/index.js';
import { type Rewritten, rewriting } from '../onnx/rewrite.js';
import { bestCuts } from './cuts.js';
import { computedFrom, isLarge, LastGradient, type Passes, Waiting } from './passes.js';

/** Cuts that leave the lowest peak: where all layers keep equally much, about as many as the square root of their number. */
export const SQUARE_ROOT_OF_DEPTH = 'square_root_of_depth';

/** Where the forward pass is cut: where it leaves the lowest peak, into at most so many segments, or behind the values that are named. */
export type Checkpointing =
  | typeof SQUARE_ROOT_OF_DEPTH
  | { readonly segments: number }
  | { readonly boundaries: readonly string[] };

/** The passes with what is computed twice. */
export function checkpoint(passes: Passes, checkpointing: Checkpointing): Rewritten {
  const { graph: source, forward } = passes;
  const segmentAt = segmentsOf(passes, checkpointing);
  const producers = producersOf(passes);
  const kept = keptValues(passes, producers, segmentAt);
  const rewritten = rewriting(source, 'training');
  const { graph, at } = rewritten;
  const copies = new Map<string, Value>();
  const gated = new Map<string, Value>();
  const waiting = new Waiting(graph);
  const last = new LastGradient();

  /** The nodes to compute again for `name`, in the order of the forward pass. */
  const chainOf = (name: string): number[] => {
    const chain = new Set<number>();
    const open = [name];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const position = copies.has(next) || kept.has(next) ? undefined : producers.get(next);
      if (position === undefined || chain.has(position)) continue;
      chain.add(position);
      for (const value of source.nodes[position]!.inputs) if (value) open.push(value.name);
    }
    return [...chain].sort((a, b) => a - b);
  };
  const gate = (value: Value, segment: number, gradient: Value): Value => {
    const key = `${segment}/${value.name}`;
    const known = gated.get(key) ?? waiting.until(gradient, value);
    gated.set(key, known);
    return known;
  };
  const again = (name: string, segment: number, gradient: Value): Value => {
    for (const position of chainOf(name)) {
      const node = source.nodes[position]!;
      const proto = source.protos[position]!;
      // A copy waits already. Of what is there anyway one thing must wait, or the node would be the same as the first, and run with it.
      const copied = node.inputs.some((value) => value && copies.has(value.name));
      const held = copied ? undefined : node.inputs.find((value) => value && isLarge(value));
      const inputs = node.inputs.map((value) => {
        if (!value) return undefined;
        const copy = copies.get(value.name);
        if (copy) return copy;
        // What the batch decides must wait for the gradient everywhere.
        const waits = (producers.has(value.name) || passes.batchInputs.has(value.name)) && isLarge(value);
        return waits || value === held ? gate(at(value), segment, gradient) : at(value);
      });
      const outputs = proto.output.map((output) => (output === '' ? '' : graph.names.unused(`again/${output}`)));
      const declared = new Map(
        node.outputs.flatMap((output, index) => (output ? [[outputs[index]!, output] as const] : [])),
      );
      const written = graph.node({ ...proto, name: outputs[0]!, output: outputs }, inputs, declared);
      for (const [index, output] of node.outputs.entries()) {
        const value = written[index];
        if (output && value) copies.set(output.name, value);
      }
    }
    return copies.get(name)!;
  };

  rewritten.write({
    read(value, _, position) {
      const producer = position >= forward ? producers.get(value.name) : undefined;
      const gradient = last.value;
      if (producer === undefined || kept.has(value.name) || !gradient) return value;
      return again(value.name, segmentAt(producer), gradient);
    },
    after(_, outputs, position) {
      if (position >= forward) last.see(outputs);
    },
  });
  return rewritten;
}

/** By name, the place of the node of the forward pass that makes a value which the batch or the weights decide, such as weights in another layout. */
function producersOf(passes: Passes): ReadonlyMap<string, number> {
  const activations = computedFrom(passes, [...passes.batchInputs, ...passes.parameters]);
  const producers = new Map<string, number>();
  for (const [position, node] of passes.graph.nodes.slice(0, passes.forward).entries()) {
    for (const output of node.outputs) if (output && activations.has(output.name)) producers.set(output.name, position);
  }
  return producers;
}

/** What stays in memory: values at the borders, small ones, and those of the last segment, with which the backward pass begins. */
function keptValues(
  { graph, forward }: Passes,
  producers: ReadonlyMap<string, number>,
  segmentAt: (position: number) => number,
): ReadonlySet<string> {
  const kept = new Set<string>();
  const lastSegment = segmentAt(forward - 1);
  for (const [position, node] of graph.nodes.slice(0, forward).entries()) {
    for (const value of node.inputs) {
      const producer = value && producers.get(value.name);
      if (producer !== undefined && segmentAt(producer) !== segmentAt(position)) kept.add(value!.name);
    }
    for (const output of node.outputs) {
      if (output && (segmentAt(position) === lastSegment || !isLarge(output))) kept.add(output.name);
    }
  }
  return kept;
}

function segmentsOf(passes: Passes, checkpointing: Checkpointing): (position: number) => number {
  const cuts =
    checkpointing !== SQUARE_ROOT_OF_DEPTH && 'boundaries' in checkpointing
      ? namedCuts(passes, checkpointing.boundaries)
      : bestCuts(passes, checkpointing === SQUARE_ROOT_OF_DEPTH ? undefined : segmentsIn(checkpointing));
  const segments = new Int32Array(passes.forward);
  for (const cut of cuts) for (let position = cut + 1; position < passes.forward; position++) segments[position]! += 1;
  return (position) => segments[position]!;
}

function segmentsIn({ segments }: { readonly segments: number }): number {
  if (Number.isSafeInteger(segments) && segments >= 1) return segments;
  throw new OnnxError(`checkpointing: the number of segments is a whole number >= 1, not ${segments}`);
}

function namedCuts({ graph, forward }: Passes, boundaries: readonly string[]): number[] {
  return boundaries.map((name) => {
    const position = graph.nodes
      .slice(0, forward)
      .findIndex(({ outputs }) => outputs.some((value) => value?.name === name));
    if (position >= 0) return position;
    throw new OnnxError(`checkpointing: the network computes no value "${name}" to cut behind`);
  });
}
