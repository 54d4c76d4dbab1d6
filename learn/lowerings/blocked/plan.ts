/** Which nodes of a forward pass are done over tiles, and which of them together. Shapes and attributes decide, nothing else. */
import type { GraphBuilder, GraphNode, Value } from '../../onnx/index.js';
import { windowOf } from '../../onnx/operators/window.js';
import { isStatic } from '../../onnx/shape.js';
import type { ConvolutionWindow } from '../lowerings.js';

/** Nodes that become one unit; it is written where the last of them stands. */
export interface PlannedUnit {
  readonly convolution?: { readonly node: GraphNode; readonly window: ConvolutionWindow };
  readonly normalization?: GraphNode;
  /** An addition, and what it adds. */
  readonly addition?: { readonly node: GraphNode; readonly residual: Value };
  readonly relu?: GraphNode;
}

export interface Plan {
  /** By the last node of each. */
  readonly units: ReadonlyMap<GraphNode, PlannedUnit>;
  /** Nodes that are part of a unit that is written later. */
  readonly absorbed: ReadonlySet<GraphNode>;
  /** Nodes that are to be written at all. */
  readonly needed: ReadonlySet<GraphNode>;
}

/** @param kept names of values that are read from outside the forward pass */
export function planUnits(graph: GraphBuilder, kept: ReadonlySet<string>, block: number): Plan {
  const needed = neededNodes(graph, kept, block);
  const readers = new Map<string, GraphNode[]>();
  for (const node of needed) {
    for (const value of readBy(node, block)) readers.set(value.name, [...(readers.get(value.name) ?? []), node]);
  }
  const onlyReader = (value: Value | undefined): GraphNode | undefined => {
    const list = value && !kept.has(value.name) ? (readers.get(value.name) ?? []) : [];
    return list.length === 1 ? list[0] : undefined;
  };
  const units = new Map<GraphNode, PlannedUnit>();
  const taken = new Set<GraphNode>();
  const absorbed = new Set<GraphNode>();
  for (const node of graph.nodes) {
    if (!needed.has(node) || taken.has(node) || node.stopGradient) continue;
    const window = convolutionWindow(node, block);
    if (!window && !isTiledNormalization(node, block)) continue;
    let unit: PlannedUnit = window ? { convolution: { node, window } } : { normalization: node };
    let last = node;
    const take = (next: GraphNode, more: Partial<PlannedUnit>): void => {
      absorbed.add(last);
      unit = { ...unit, ...more };
      last = next;
    };
    taken.add(node);
    for (;;) {
      const output = last.outputs[0];
      const next = onlyReader(output);
      if (!next || taken.has(next) || next.stopGradient || next.domain !== '') break;
      const bare = !unit.addition && !unit.relu;
      if (next.type === 'BatchNormalization' && bare && !unit.normalization && next.inputs[0] === output) {
        if (!isTiledNormalization(next, block)) break;
        take(next, { normalization: next });
      } else if (next.type === 'Add' && bare) {
        const residual = next.inputs.find((value) => value !== output);
        if (!residual || residual.shape.join() !== output!.shape.join()) break;
        take(next, { addition: { node: next, residual } });
      } else if (next.type === 'Relu' && !unit.relu) take(next, { relu: next });
      else break;
      taken.add(next);
    }
    units.set(last, unit);
  }
  return { units, absorbed, needed };
}

/** How many elements a value has, where a node asks for just that and it is known. */
export function knownSize({ type, domain, inputs }: GraphNode): number | undefined {
  const shape = type === 'Size' && domain === '' ? inputs[0]!.shape : undefined;
  return shape && isStatic(shape) ? shape.reduce((product, extent) => product * extent, 1) : undefined;
}

/** What a node reads when it is done over tiles: a normalisation leaves the running statistics alone. */
export function readBy(node: GraphNode, block: number): readonly Value[] {
  if (knownSize(node) !== undefined) return [];
  const inputs = isTiledNormalization(node, block) && isByBatch(node) ? node.inputs.slice(0, 3) : node.inputs;
  return inputs.filter((value) => value !== undefined);
}

/** The nodes that something depends on which is kept. */
function neededNodes(graph: GraphBuilder, kept: ReadonlySet<string>, block: number): ReadonlySet<GraphNode> {
  const names = new Set(kept);
  const needed = new Set<GraphNode>();
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((value) => value && names.has(value.name))) continue;
    needed.add(node);
    for (const { name } of readBy(node, block)) names.add(name);
  }
  return needed;
}

/** Images whose number is a multiple of B, of known extents and more than a pixel. */
export function areTileable(value: Value | undefined, block: number): boolean {
  if (value?.dtype !== 'float32' || value.shape.length !== 4 || !isStatic(value.shape)) return false;
  const [images, , height, width] = value.shape as readonly number[];
  return images! > 0 && images! % block === 0 && height! * width! > 1;
}

/** How a convolution slides, where it can be done over tiles. */
export function convolutionWindow(node: GraphNode, block: number): ConvolutionWindow | undefined {
  const [x, weight] = node.inputs;
  if (node.type !== 'Conv' || node.domain !== '' || !areTileable(x, block) || !areTileable(node.outputs[0], block))
    return undefined;
  if (!weight || !isStatic(weight.shape)) return undefined;
  const [outputs, , ...kernel] = weight.shape as readonly number[];
  const slides = windowOf(node.attributes, kernel, x!.shape.slice(2));
  if (!slides || slides.dilations.some((dilation, axis) => dilation !== 1 && kernel[axis] !== 1)) return undefined;
  const inside = [...slides.padsBegin, ...slides.padsEnd].every((pad, place) => pad >= 0 && pad < kernel[place % 2]!);
  const group = node.attributes.number('group');
  const depthwise = group > 1 && group === outputs && group === x!.shape[1];
  if (!inside || !(group === 1 || depthwise)) return undefined;
  // Half-empty blocks cost as much as full ones.
  if (2 * outputs! < block) return undefined;
  return { ...slides, group };
}

/** A normalisation by statistics that are given, or by those of the batch, which the node then gives out as they are. */
function isTiledNormalization(node: GraphNode, block: number): boolean {
  const [x] = node.inputs;
  if (node.type !== 'BatchNormalization' || node.domain !== '' || !areTileable(x, block)) return false;
  if (2 * Number(x!.shape[1]) < block) return false;
  return !isByBatch(node) || node.attributes.number('momentum') === 0;
}

export function isByBatch({ attributes }: GraphNode): boolean {
  return attributes.number('training_mode') !== 0;
}
