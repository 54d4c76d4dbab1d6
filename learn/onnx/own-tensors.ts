/**
 * Undoes the merging of equal tensors. Exporters store equal tensors once: all scales of 1 and variances of 1 of a network that was
 * not trained yet, all its biases of 0. For inference that saves room; a training must not move them together, and
 * least of all a variance with a scale.
 */
import { elementCount } from '../../runtime/tensor.js';
import { isStandard } from './builder.js';
import { DATA_TYPES } from './data-types.js';
import type { GraphProto, ModelProto, NodeProto, TensorProto } from './messages.js';
import { Names } from './names.js';
import { readInside } from './nested-graphs.js';
import { namesOf } from './renaming.js';
import { tensorBytes } from './tensor-proto.js';

/** The places of mean and variance among the inputs of a batch normalisation. */
const STATISTICS = [3, 4];

/**
 * The same model, in which tensors that an exporter merged are stored each by itself again:
 * - PyTorch's exporter (in evaluation mode) writes the second of two equal tensors as an `Identity` of the first: it is stored under
 *   its own name. Weights that are tied in a module it reads directly, so that they stay tied.
 * - A mean or variance of a batch normalisation that something else reads too is one that was merged: every reader of it gets its own, and
 *   so does every reader of a tensor of one repeated number in that file. A layer that is used twice keeps its tensors.
 *
 * A model without any of these is returned as it is.
 */
export function withOwnTensors(model: ModelProto): ModelProto {
  const { graph } = model;
  if (!graph) return model;
  const split = withoutCopies(graph, model.producerName === 'pytorch');
  const own = withOwnStatistics(split);
  return own === graph ? model : { ...model, graph: own };
}

const FLOATS = new Set((['float16', 'float32', 'float64'] as const).map((dtype) => DATA_TYPES[dtype].code as number));

function storedFloats(graph: GraphProto): ReadonlyMap<string, TensorProto> {
  const floats = graph.initializer.filter(({ dataType, dims }) => FLOATS.has(dataType ?? 0) && dims.length > 0);
  return new Map(floats.map((tensor) => [tensor.name ?? '', tensor]));
}

function isNormalization({ opType, domain, input }: NodeProto): boolean {
  return opType === 'BatchNormalization' && isStandard(domain) && input.length >= 5;
}

/** @param all whether every `Identity` of a stored tensor is one that was merged; else those are that a layer reads as statistics */
function withoutCopies(graph: GraphProto, all: boolean): GraphProto {
  const stored = storedFloats(graph);
  const given = new Set(graph.output.map(({ name }) => name ?? ''));
  const statistics = new Set(
    graph.node.filter(isNormalization).flatMap(({ input }) => STATISTICS.map((place) => input[place]!)),
  );
  /** The stored tensor behind the output of an `Identity`. */
  const originals = new Map<string, TensorProto>();
  const copies = new Set<NodeProto>();
  for (const node of graph.node) {
    const [from = ''] = node.input;
    const [to = ''] = node.output;
    const tensor = stored.get(from) ?? originals.get(from);
    const copied = node.opType === 'Identity' && isStandard(node.domain) && tensor && !given.has(to);
    if (!copied || !(all || statistics.has(to))) continue;
    originals.set(to, tensor);
    copies.add(node);
  }
  if (copies.size === 0) return graph;
  const node = graph.node.filter((each) => !copies.has(each));
  const added = [...originals].map(([name, tensor]) => ({ ...tensor, name }));
  const read = new Set([
    ...node.flatMap(({ input }) => input),
    ...node.flatMap((each) => [...readInside(each)]),
    ...given,
  ]);
  const initializer = [...graph.initializer, ...added].filter(
    ({ name = '' }) => read.has(name) || !(stored.has(name) || originals.has(name)),
  );
  return { ...graph, node, initializer };
}

/** A place where a tensor is read. */
interface Reader {
  readonly node: NodeProto;
  readonly place: number;
}

function withOwnStatistics(graph: GraphProto): GraphProto {
  const stored = storedFloats(graph);
  const readers = new Map<string, Reader[]>();
  for (const node of graph.node) {
    for (const [place, name] of node.input.entries()) {
      if (stored.has(name)) readers.set(name, [...(readers.get(name) ?? []), { node, place }]);
    }
  }
  const merged = [...readers].filter(([, list]) => isMerged(list)).map(([name]) => name);
  if (merged.length === 0) return graph;
  const inside = new Set(graph.node.flatMap((node) => [...readInside(node)]));
  const kept = new Set([...inside, ...graph.output.map(({ name }) => name ?? '')]);
  const names = new Names();
  for (const name of namesOf(graph)) names.reserve(name);
  const added: TensorProto[] = [];
  const renamed = new Map<NodeProto, Map<number, string>>();
  for (const [name, list] of readers) {
    const tensor = stored.get(name)!;
    if (list.length < 2 || !(merged.includes(name) || isOneNumber(tensor))) continue;
    // The first that is no statistic keeps the name; what reads it inside a nested graph does anyway.
    const first = kept.has(name) ? undefined : (list.find((reader) => !isStatistic(reader)) ?? list[0]);
    for (const reader of list) {
      if (reader === first) continue;
      const own = names.unused(`${reader.node.name || reader.node.output[0]}/${roleOf(reader)}`);
      names.claim(own);
      added.push({ ...tensor, name: own });
      const places = renamed.get(reader.node) ?? new Map<number, string>();
      renamed.set(reader.node, places.set(reader.place, own));
    }
  }
  const node = graph.node.map((each) => {
    const places = renamed.get(each);
    return places ? { ...each, input: each.input.map((name, place) => places.get(place) ?? name) } : each;
  });
  return { ...graph, node, initializer: [...graph.initializer, ...added] };
}

function isStatistic({ node, place }: Reader): boolean {
  return isNormalization(node) && STATISTICS.includes(place);
}

/** Whether a statistic is read where nobody would read it: by another kind of node, in another place, or by another layer. */
function isMerged(readers: readonly Reader[]): boolean {
  const [first] = readers;
  if (!first || !readers.some(isStatistic)) return false;
  const layer = ({ node, place }: Reader) => `${isNormalization(node)} ${place} ${node.input.slice(1, 5).join('\n')}`;
  return readers.some((reader) => layer(reader) !== layer(first));
}

/** Every element the same: what layers start with. */
function isOneNumber(tensor: TensorProto): boolean {
  if (tensor.dataLocation === 1) return false;
  const bytes = tensorBytes(tensor);
  const width = bytes.length / Math.max(1, elementCount(tensor.dims));
  return bytes.every((byte, index) => byte === bytes[index % width]);
}

const ROLES = ['x', 'scale', 'bias', 'running_mean', 'running_var'];

function roleOf({ node, place }: Reader): string {
  return isNormalization(node) ? ROLES[place]! : `input_${place}`;
}
