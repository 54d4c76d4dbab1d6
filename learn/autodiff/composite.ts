/** Several nodes that differentiation sees as one operation, which has a way back of its own. */
import type { GraphBuilder, GraphNode, NodeProto, Value } from '../onnx/index.js';
import type { Derivative } from './derivatives/derivative.js';

/** Nodes `from` up to but not including `to` of a graph, as one operation. */
export interface Composite {
  /** What it is, for messages: as an operator is called. */
  readonly type: string;
  readonly from: number;
  readonly to: number;
  /** Values from outside that its derivative has an entry for, in that order. */
  readonly inputs: readonly (Value | undefined)[];
  /** Values that others read. The first one has a gradient. */
  readonly outputs: readonly Value[];
  readonly derivative: Derivative;
}

/** A node or a composite on the walk. */
export interface Operation {
  readonly node: GraphNode;
  /** The node in the file; a composite has none. */
  readonly proto?: NodeProto;
  /** Of a composite. */
  readonly derivative?: Derivative;
}

/** The graph's nodes from `start` on, in order, composites in place of their nodes. */
export function operationsOf(
  { nodes, protos }: GraphBuilder,
  start = 0,
  composites: readonly Composite[] = [],
): Operation[] {
  const byStart = new Map(composites.map((composite) => [composite.from, composite]));
  const operations: Operation[] = [];
  for (let index = start; index < nodes.length; ) {
    const composite = byStart.get(index);
    if (!composite || composite.to === composite.from) {
      operations.push({ node: nodes[index]!, proto: protos[index]! });
      index += 1;
      continue;
    }
    const { type, inputs, outputs, derivative, to } = composite;
    const { name, attributes } = nodes[to - 1]!;
    const node = { name, type, domain: '', inputs, outputs, attributes, stopGradient: false };
    operations.push({ node, derivative });
    index = to;
  }
  return operations;
}
