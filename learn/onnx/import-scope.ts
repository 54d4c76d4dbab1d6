/** A graph of a file, the main one or a nested one, on its way into a builder; and how its names are looked up. */
import type { GraphBuilder, NodeInputs } from './builder.js';
import type { DeclaredTypes } from './declared-types.js';
import { OnnxError } from './error.js';
import type { GraphProto, NodeProto, TensorProto } from './messages.js';
import { nestedGraphs } from './nested-graphs.js';
import type { Value, ValueType } from './value.js';

/** What is put in the place of parts of the model while it is taken over. Nodes of nested graphs stay as they are. */
export interface ImportOptions {
  /** Gives a value of the builder in place of an input of the model: so one graph is put behind another. */
  readonly replaceInput?: (name: string, type: ValueType) => Value | undefined;
  /** Gives another value in place of a stored tensor, for instance a graph input; `undefined` keeps it stored. */
  readonly replaceInitializer?: (tensor: TensorProto, type: ValueType) => Value | undefined;
  /** Gives other inputs to a node, for instance in another precision; called before `lower`. */
  readonly replaceInputs?: (node: NodeProto, inputs: NodeInputs) => NodeInputs;
  /** Gives other outputs in place of a node's; `undefined` keeps the node. */
  readonly lower?: (node: NodeProto, inputs: NodeInputs) => readonly Value[] | undefined;
}

export interface ImportScope {
  readonly graph: GraphBuilder;
  /** The standard operators' set that the file asks for. */
  readonly opset: number;
  readonly types: DeclaredTypes;
  /** The values that are there by now, by their names in the file. */
  readonly values: Map<string, Value>;
  readonly options: ImportOptions;
  /** How many more graphs inside nodes are taken over: loops in loops are gone through again and again. */
  readonly budget: { nested: number };
  /** The graph around this one, whose values it may read. */
  readonly outer?: ImportScope;
}

/** How often a graph inside a node is gone through on average, and what any model may have beyond: real ones stay far below. */
const PASSES = 20;
const FREE_PASSES = 1000;

export function nestedBudget(source: GraphProto): ImportScope['budget'] {
  const count = (graph: GraphProto): number =>
    graph.node.flatMap(nestedGraphs).reduce((sum, nested) => sum + 1 + count(nested), 0);
  return { nested: FREE_PASSES + PASSES * count(source) };
}

/** The value of that name, in this graph or one around it. @throws OnnxError when there is none yet; `what` begins the message */
export function lookUp(scope: ImportScope, name: string, what: string, source?: GraphProto): Value {
  for (let place: ImportScope | undefined = scope; place; place = place.outer) {
    const value = place.values.get(name);
    if (value) return value;
  }
  if (source?.node.some((node) => node.output.includes(name))) {
    throw new OnnxError(
      `${what} "${name}", which no earlier node provides, only this one or a later one: nodes must stand in the order in which they run, without cycles`,
    );
  }
  throw new OnnxError(`${what} "${name}", which no input, stored tensor or earlier node provides`);
}

/** @throws OnnxError when the graph has a value of that name already */
export function provide(scope: ImportScope, name: string, value: Value): void {
  if (scope.values.has(name))
    throw new OnnxError(`two values of the model are called "${name}": it is damaged; write it again`);
  scope.values.set(name, value);
}

/** The name itself, or, where a graph already has it, one like it. */
export function freeName(scope: ImportScope, name: string): string {
  for (let place: ImportScope | undefined = scope; place; place = place.outer)
    if (place.graph.names.has(name)) return scope.graph.names.free(name);
  return name;
}
