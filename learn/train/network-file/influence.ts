/** Which values of a graph play a part in another one, and which depend on it. */
import type { GraphBuilder, Value } from '../../onnx/index.js';
import { readInside } from '../../onnx/nested-graphs.js';
import { isDifferentiable } from '../../onnx/value.js';

/** The names of all values through which gradients may flow to `target`: what it is computed from in floating-point numbers. */
export function influencesOn(graph: GraphBuilder, target: Value): ReadonlySet<string> {
  const names = new Set([target.name]);
  for (const [index, node] of [...graph.nodes.entries()].reverse()) {
    if (node.stopGradient || !node.outputs.some((value) => isDifferentiable(value) && names.has(value.name))) continue;
    for (const value of node.inputs) if (isDifferentiable(value)) names.add(value.name);
    for (const name of readInside(graph.protos[index]!)) names.add(name);
  }
  return names;
}

/** The names of all values that depend on `source`. */
export function dependentsOf(graph: GraphBuilder, source: Value): ReadonlySet<string> {
  const names = new Set([source.name]);
  for (const [index, node] of graph.nodes.entries()) {
    const reads = [...node.inputs.map((value) => value?.name), ...readInside(graph.protos[index]!)];
    if (!reads.some((name) => name !== undefined && names.has(name))) continue;
    for (const value of node.outputs) if (value) names.add(value.name);
  }
  return names;
}
