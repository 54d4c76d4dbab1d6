/** The head of a network: its last layer with weights, and what follows it. */
import type { GraphNode, Value } from '../../onnx/index.js';
import type { AdaptedNetwork } from './adapt.js';
import { dependentsOf, influencesOn } from './influence.js';

const LAYERS: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose', 'Einsum', 'Gemm', 'MatMul']);

/** The stored tensors among `candidates` that the last layer and the nodes behind it read, be it through a transposition or the like. */
export function headOf({ graph, x, logits }: AdaptedNetwork, candidates: ReadonlySet<string>): string[] {
  const path = influencesOn(graph, logits);
  const ofRows = dependentsOf(graph, x);
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((value) => [value?.name, node] as const)));
  const storedIn = (value: Value | undefined): string[] => {
    if (!value || ofRows.has(value.name)) return [];
    if (candidates.has(value.name)) return [value.name];
    return (makers.get(value.name)?.inputs ?? []).flatMap(storedIn);
  };
  const head = new Set<string>();
  for (const node of graph.nodes.toReversed()) {
    if (!onPath(node, path) || !onPath(node, ofRows)) continue;
    const weights = node.inputs.flatMap(storedIn);
    for (const name of weights) head.add(name);
    if (weights.length > 0 && LAYERS.has(node.type)) break;
  }
  return [...head];
}

function onPath({ outputs }: GraphNode, names: ReadonlySet<string>): boolean {
  return outputs.some((value) => value !== undefined && names.has(value.name));
}
