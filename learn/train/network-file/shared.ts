/** Stored tensors that several layers read: a module that shares its weights, and trained they stay one. */
import type { GraphNode } from '../../onnx/index.js';
import type { AdaptedNetwork } from './adapt.js';

/** Operators that read a tensor as their weights. What only transforms one may read it often without making two layers of it. */
const LAYERS: ReadonlySet<string> = new Set([
  'Add',
  'BatchNormalization',
  'Conv',
  'ConvTranspose',
  'Einsum',
  'Gather',
  'Gemm',
  'GroupNormalization',
  'GRU',
  'InstanceNormalization',
  'LayerNormalization',
  'LSTM',
  'MatMul',
  'PRelu',
  'RNN',
]);

/** A sentence for each trained tensor that several layers read. */
export function sharedTensors({ graph }: AdaptedNetwork, trained: readonly string[]): string[] {
  const readers = readersOf(graph.nodes);
  return trained.flatMap((name) => {
    const found = new Set(layersOf(name, readers));
    const layers = graph.nodes.filter((node) => found.has(node)).map((node) => `"${node.name}"`);
    if (layers.length < 2) return [];
    const shown = `${layers.slice(0, 3).join(', ')}${layers.length > 3 ? ', ...' : ''}`;
    return [`"${name}" is one tensor for ${layers.length} layers (${shown}) and is trained as one`];
  });
}

function readersOf(nodes: readonly GraphNode[]): ReadonlyMap<string, readonly GraphNode[]> {
  const readers = new Map<string, GraphNode[]>();
  for (const node of nodes) {
    for (const value of node.inputs) {
      if (!value) continue;
      const list = readers.get(value.name) ?? [];
      list.push(node);
      readers.set(value.name, list);
    }
  }
  return readers;
}

function layersOf(name: string, readers: ReadonlyMap<string, readonly GraphNode[]>): GraphNode[] {
  return (readers.get(name) ?? []).flatMap((node) => {
    if (node.type === 'Identity') return layersOf(node.outputs[0]?.name ?? '', readers);
    return LAYERS.has(node.type) ? [node] : [];
  });
}
