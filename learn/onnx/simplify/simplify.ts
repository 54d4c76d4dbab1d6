/**
 * Takes out of a graph what costs time or memory and changes nothing: every output keeps every bit. ONNX Runtime does some of this when
 * it loads a graph, but knows less of extents that vary, and only after a transformation of ours would have built on what is in vain.
 */
import { Arithmetic } from '../arithmetic.js';
import type { GraphBuilder, GraphNode } from '../builder.js';
import type { NodeProto } from '../messages.js';
import { nestedGraphs, readInside } from '../nested-graphs.js';
import { type Rewritten, rewriting } from '../rewrite.js';
import type { Value } from '../value.js';
import { withoutRepetition } from './broadcasting.js';
import { Extents } from './extents.js';
import { Repeated } from './repeated.js';
import { RULES } from './rules.js';

/** Metadata of a node that must stay as it is: what it does is not what it seems to do. */
export const AS_IT_IS = { key: 'simplify', value: 'no' } as const;

/** The simpler graph, and where the old one is in it. */
export interface Simplified extends Rewritten {
  /** The place at which the nodes begin that stand for those from `position` on. */
  place(position: number): number;
}

/**
 * @param name of the new graph
 * @param roots values that are wanted besides the outputs of the graph; what none of all these depends on is left out
 * @returns a graph with the same inputs, stored tensors and outputs
 */
export function simplify(source: GraphBuilder, name: string, roots: readonly Value[] = []): Simplified {
  const simpler = rewritten(source, name, namesToKeep(source));
  const wanted = [...source.outputs, ...roots].map(simpler.at);
  const rest = withoutIdle(simpler.graph, name, wanted);
  const at = (value: Value): Value => rest.at(simpler.at(value));
  for (const output of source.outputs) rest.graph.output(at(output), output.name);
  return { graph: rest.graph, at, place: (position) => rest.place(simpler.place(position)) };
}

/** Values that are read by their name: another value cannot take their place. */
function namesToKeep({ outputs, protos }: GraphBuilder): ReadonlySet<string> {
  const names = new Set(outputs.map(({ name }) => name));
  for (const proto of protos) readInside(proto, names);
  return names;
}

function rewritten(source: GraphBuilder, name: string, kept: ReadonlySet<string>): Simplified {
  const { graph, at, write } = rewriting(source, name);
  const places = new Places();
  const producers = new Producers(graph);
  const math = new Arithmetic(graph);
  const extents = new Extents(math);
  const repeated = new Repeated();
  write({
    before: () => places.add(graph.nodes.length),
    replace(node, given, position) {
      const proto = source.protos[position]!;
      if (staysAsItIs(proto)) return undefined;
      const inputs = withoutRepetition(node, given, producers.of);
      const single = node.outputs.length === 1 && node.domain === '' ? node.outputs[0] : undefined;
      const free = !node.outputs.some((output) => output && kept.has(output.name));
      if (single && free) {
        const rule = Object.hasOwn(RULES, node.type) ? RULES[node.type] : undefined;
        const instead =
          extents.holding(single) ?? rule?.({ math, extents, node, inputs, output: single, producerOf: producers.of });
        if (instead) return [instead];
      }
      const key = free ? repeated.keyOf(node, proto, inputs) : undefined;
      const known = key === undefined ? undefined : repeated.get(key);
      if (known) return known;
      const changed = inputs.some((value, index) => value !== given[index]);
      if (key === undefined && !changed) return undefined;
      const declared = new Map(node.outputs.flatMap((output) => (output ? [[output.name, output] as const] : [])));
      const outputs = graph.node(proto, inputs, declared);
      if (key !== undefined) repeated.set(key, outputs);
      return outputs;
    },
  });
  places.add(graph.nodes.length);
  return { graph, at, place: (position) => places.get(position) };
}

function staysAsItIs(proto: NodeProto): boolean {
  const marked = proto.metadataProps?.some(({ key, value }) => key === AS_IT_IS.key && value === AS_IT_IS.value);
  return marked === true || nestedGraphs(proto).length > 0;
}

/** The graph without the nodes that nothing wanted depends on. */
function withoutIdle(source: GraphBuilder, name: string, wanted: readonly Value[]): Simplified {
  const names = new Set(wanted.map(({ name }) => name));
  const idle = new Set<number>();
  for (let position = source.nodes.length - 1; position >= 0; position--) {
    const { inputs, outputs } = source.nodes[position]!;
    if (!outputs.some((value) => value && names.has(value.name))) {
      idle.add(position);
      continue;
    }
    for (const value of inputs) if (value) names.add(value.name);
    readInside(source.protos[position]!, names);
  }
  const { graph, at, write } = rewriting(source, name);
  const places = new Places();
  write({
    skips(_, position) {
      places.add(graph.nodes.length);
      return idle.has(position);
    },
  });
  places.add(graph.nodes.length);
  return { graph, at, place: (position) => places.get(position) };
}

/** By the place of an old node, how many new ones stand before it. */
class Places {
  readonly #list: number[] = [];

  add(place: number): void {
    this.#list.push(place);
  }

  get(position: number): number {
    return this.#list[position] ?? this.#list.at(-1) ?? 0;
  }
}

/** The nodes that made the values of a growing graph; not those that must stay as they are. */
class Producers {
  readonly #graph: GraphBuilder;
  readonly #known = new Map<string, GraphNode>();
  #seen = 0;

  constructor(graph: GraphBuilder) {
    this.#graph = graph;
  }

  of = ({ name }: Value): GraphNode | undefined => {
    const { nodes, protos } = this.#graph;
    for (; this.#seen < nodes.length; this.#seen++) {
      if (staysAsItIs(protos[this.#seen]!)) continue;
      for (const output of nodes[this.#seen]!.outputs) if (output) this.#known.set(output.name, nodes[this.#seen]!);
    }
    return this.#known.get(name);
  };
}
