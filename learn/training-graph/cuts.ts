/**
 * Where gradient checkpointing cuts the forward pass. While the backward pass is in a segment there are in memory: what was kept at the cuts
 * before it, what the backward pass reads of the segment, and the gradients of that moment. The cuts are those that make the
 * largest of these sums over the segments least. For n layers that keep equally much that gives segments of about the
 * square root of n layers.
 */
import type { GraphNode, Value } from '../onnx/index.js';
import { activationsOf, bytesOf, isLarge, type Passes } from './passes.js';

/** What one node of the forward pass means for memory, in bytes. */
interface Layer {
  /** Its outputs that the backward pass reads. */
  needed: number;
  /** The most that the backward pass holds of its own where it reads them. */
  gradients: number;
  /** Its outputs, and the last node of the forward pass that reads each. */
  readonly outputs: readonly { readonly bytes: number; readonly lastUse: number }[];
}

/** A way to cut behind some nodes, and no further. */
interface Cut {
  /** What is kept by then. */
  readonly kept: number;
  /** The node behind which the segment begins; -1 for the first. */
  readonly from: number;
}

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
  // Row by row one segment more; without a limit to their number one row is enough.
  const rows = most === undefined ? 1 : Math.min(most, layers.length);
  const table: (Cut | undefined)[][] = [];
  for (let row = 0; row < rows; row++) {
    const own: (Cut | undefined)[] = [];
    table.push(own);
    const before = most === undefined ? own : table[row - 1];
    const end = closing(layers, limit, before ?? []);
    if (end !== undefined) return traced(table, row, end, most === undefined);
    if (row === rows - 1 && most !== undefined) return undefined;
    for (let place = 0; place < layers.length - 1; place++) own.push(best(layers, limit, place, before ?? []));
    if (most !== undefined) continue;
    const last = closing(layers, limit, own);
    return last === undefined ? undefined : traced(table, row, last, true);
  }
  return undefined;
}

/** The cut behind `place` that keeps least, after any cut before it that leaves room for the segment between. */
function best(layers: readonly Layer[], limit: number, place: number, before: readonly (Cut | undefined)[]) {
  let found: Cut | undefined;
  let [needed, gradients, crossing] = [0, 0, 0];
  for (let from = place - 1; from >= -1; from--) {
    const layer = layers[from + 1]!;
    needed += layer.needed;
    gradients = Math.max(gradients, layer.gradients);
    for (const { bytes, lastUse } of layer.outputs) if (lastUse > place) crossing += bytes;
    if (needed + gradients > limit) break;
    const kept = keptAt(before, from);
    if (kept === undefined || kept + needed + gradients > limit) continue;
    // Among equals the longest segment.
    if (found === undefined || kept + crossing <= found.kept) found = { kept: kept + crossing, from };
  }
  return found;
}

/** The earliest place behind which the rest may be one segment. */
function closing(layers: readonly Layer[], limit: number, cuts: readonly (Cut | undefined)[]): number | undefined {
  let earliest: number | undefined;
  let [needed, gradients] = [0, 0];
  for (let from = layers.length - 2; from >= -1; from--) {
    const layer = layers[from + 1]!;
    needed += layer.needed;
    gradients = Math.max(gradients, layer.gradients);
    const kept = keptAt(cuts, from);
    if (kept !== undefined && kept + needed + gradients <= limit) earliest = from;
  }
  return earliest;
}

function keptAt(cuts: readonly (Cut | undefined)[], place: number): number | undefined {
  return place === -1 ? 0 : cuts[place]?.kept;
}

function traced(table: readonly (Cut | undefined)[][], row: number, end: number, single: boolean): number[] {
  const cuts: number[] = [];
  for (let [place, at] = [end, single ? row : row - 1]; place !== -1; at -= single ? 0 : 1) {
    cuts.push(place);
    place = table[at]![place]!.from;
  }
  return cuts.reverse();
}

function layersOf(passes: Passes): Layer[] {
  const { graph, forward } = passes;
  const activations = activationsOf(passes);
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
