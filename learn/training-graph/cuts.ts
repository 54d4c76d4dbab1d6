/**
 * Where gradient checkpointing cuts the forward pass. While the backward pass is in a segment there are in memory: what was kept at the cuts
 * before it, what the backward pass reads of the segment, and the gradients of that moment. The cuts are those that make the
 * largest of these sums over the segments least. For n layers that keep equally much that gives segments of about the
 * square root of n layers.
 */
import type { GraphNode, Value } from '../onnx/index.js';
import { bytesOf, computedFrom, isLarge, type Passes } from './passes.js';

/** What one node of the forward pass means for memory, in bytes. */
interface Layer {
  /** Its outputs that the backward pass reads. */
  needed: number;
  /** The most that the backward pass holds of its own where it reads them. */
  gradients: number;
  /** Its outputs, and the last node of the forward pass that reads each. */
  readonly outputs: readonly { readonly bytes: number; readonly lastUse: number }[];
}

/** A way to cut behind a node, and no further. */
interface Cut {
  /** The node; -1 is the beginning. */
  readonly place: number;
  /** What is kept by then. */
  readonly kept: number;
  readonly previous?: Cut;
}

/** By the node, the best way to cut behind it. */
type Cuts = readonly (Cut | undefined)[];

const BEGINNING: Cut = { place: -1, kept: 0 };

/** Halvings between nothing and everything: to a thousandth of a thousandth. */
const STEPS = 20;

/** So much more memory than the least is worth a longer last segment, which is not computed again. */
const SLACK = 1.02;

/** The nodes of the forward pass to cut behind. @param most the largest number of segments, where it is limited */
export function bestCuts(passes: Passes, most?: number): number[] {
  const layers = layersOf(passes);
  let [low, high] = [0, roomOf(layers)];
  for (let step = 0; step < STEPS; step++) {
    const middle = (low + high) / 2;
    if (cutsWithin(layers, middle, most)) high = middle;
    else low = middle;
  }
  return cutsWithin(layers, high * SLACK, most) ?? [];
}

/** What a single segment takes. */
function roomOf(layers: readonly Layer[]): number {
  const needed = layers.reduce((sum, layer) => sum + layer.needed, 0);
  return needed + layers.reduce((largest, { gradients }) => Math.max(largest, gradients), 0);
}

/** Cuts with which no moment takes more than `limit`, the last of them as early as can be; `undefined` where there are none. */
function cutsWithin(layers: readonly Layer[], limit: number, most?: number): number[] | undefined {
  let cuts: (Cut | undefined)[] = [];
  if (most === undefined) {
    for (const place of layers.keys()) cuts.push(best(layers, limit, place, cuts));
    return places(earliest(layers, limit, cuts));
  }
  // Each time around one segment more.
  for (let segments = 1; segments <= Math.min(most, layers.length); segments++) {
    const last = earliest(layers, limit, cuts);
    if (last) return places(last);
    const before: Cuts = cuts;
    cuts = layers.map((_, place) => best(layers, limit, place, before));
  }
  return undefined;
}

/** The cut behind `place` that keeps least, after any cut before it that leaves room for the segment between. */
function best(layers: readonly Layer[], limit: number, place: number, before: Cuts): Cut | undefined {
  let found: Cut | undefined;
  const segment = new Segment(layers);
  for (let from = place - 1; from >= -1; from--) {
    segment.add(from + 1, place);
    if (segment.bytes > limit) break;
    const previous = cutAt(before, from);
    if (!previous || previous.kept + segment.bytes > limit) continue;
    const kept = previous.kept + segment.crossing;
    // Among equals the longest segment.
    if (!found || kept <= found.kept) found = { place, kept, previous };
  }
  return found;
}

/** The earliest cut behind which the rest may be one segment. */
function earliest(layers: readonly Layer[], limit: number, cuts: Cuts): Cut | undefined {
  let found: Cut | undefined;
  const segment = new Segment(layers);
  for (let from = layers.length - 2; from >= -1; from--) {
    segment.add(from + 1, layers.length - 1);
    const previous = cutAt(cuts, from);
    if (previous && previous.kept + segment.bytes <= limit) found = previous;
  }
  return found;
}

function cutAt(cuts: Cuts, place: number): Cut | undefined {
  return place === -1 ? BEGINNING : cuts[place];
}

function places(last: Cut | undefined): number[] | undefined {
  if (!last) return undefined;
  const list: number[] = [];
  for (let cut: Cut | undefined = last; cut && cut !== BEGINNING; cut = cut.previous) list.push(cut.place);
  return list.reverse();
}

/** A segment that grows towards the beginning. */
class Segment {
  readonly #layers: readonly Layer[];
  #needed = 0;
  #gradients = 0;
  /** What later segments read of it. */
  crossing = 0;

  constructor(layers: readonly Layer[]) {
    this.#layers = layers;
  }

  /** What the backward pass takes within it. */
  get bytes(): number {
    return this.#needed + this.#gradients;
  }

  /** @param end the last node of the segment */
  add(place: number, end: number): void {
    const { needed, gradients, outputs } = this.#layers[place]!;
    this.#needed += needed;
    this.#gradients = Math.max(this.#gradients, gradients);
    for (const { bytes, lastUse } of outputs) if (lastUse > end) this.crossing += bytes;
  }
}

function layersOf(passes: Passes): Layer[] {
  const { graph, forward } = passes;
  const activations = computedFrom(passes, [...passes.batchInputs, ...passes.parameters]);
  const counts = (value: Value | undefined): value is Value =>
    value !== undefined && activations.has(value.name) && isLarge(value);
  const lastUse = new Map<string, number>();
  const producers = new Map<string, number>();
  for (const [place, { inputs, outputs }] of graph.nodes.slice(0, forward).entries()) {
    for (const value of inputs) if (value) lastUse.set(value.name, place);
    for (const value of outputs) if (counts(value)) producers.set(value.name, place);
  }
  const layers = graph.nodes.slice(0, forward).map(
    ({ outputs }): Layer => ({
      needed: 0,
      gradients: 0,
      outputs: outputs
        .filter(counts)
        .map((value) => ({ bytes: bytesOf(value), lastUse: lastUse.get(value.name) ?? -1 })),
    }),
  );
  const backward = graph.nodes.slice(forward);
  const alive = aliveDuring(backward);
  const read = new Set<string>();
  let layer = layers.at(-1);
  for (const [place, { inputs }] of backward.entries()) {
    for (const value of inputs) {
      const producer = value && producers.get(value.name);
      if (producer === undefined) continue;
      layer = layers[producer]!;
      if (!read.has(value!.name)) layer.needed += bytesOf(value!);
      read.add(value!.name);
    }
    if (layer) layer.gradients = Math.max(layer.gradients, alive[place]!);
  }
  return layers;
}

/** What the backward pass holds of its own at each of its nodes; not the gradients that it ends with, which are used up at once. */
function aliveDuring(nodes: readonly GraphNode[]): Float64Array {
  const lastUse = new Map<string, number>();
  for (const [place, { inputs }] of nodes.entries())
    for (const value of inputs) if (value) lastUse.set(value.name, place);
  const changes = new Float64Array(nodes.length + 1);
  for (const [place, { outputs }] of nodes.entries()) {
    for (const value of outputs) {
      const end = value && lastUse.get(value.name);
      if (!value || end === undefined || !isLarge(value)) continue;
      changes[place]! += bytesOf(value);
      changes[end + 1]! -= bytesOf(value);
    }
  }
  for (let place = 1; place < changes.length; place++) changes[place]! += changes[place - 1]!;
  return changes;
}
