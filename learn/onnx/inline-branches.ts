/** Puts the branch of an `If` in its place where the condition is a constant, as exporters leave it. */

import { elementCount } from '../../runtime/tensor.js';
import { DATA_TYPES } from './data-types.js';
import { OnnxError } from './error.js';
import type { GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from './messages.js';
import { Names } from './names.js';
import { nestedGraphs } from './nested-graphs.js';
import { mapGraphs, namesOf, renameNode } from './renaming.js';
import { fromTensorProto } from './tensor-proto.js';

/** The same model; what stood inside a chosen branch is called `<node>/<name>`. Other `If` nodes stay. */
export function inlineConstantBranches(model: ModelProto): ModelProto {
  const { graph } = model;
  if (!graph?.node.some(hasBranch)) return model;
  const names = new Names();
  for (const name of namesOf(graph)) names.reserve(name);
  return { ...model, graph: inlineGraph(graph, new Map(), names) };
}

function hasBranch(node: NodeProto): boolean {
  return node.opType === 'If' || nestedGraphs(node).some((graph) => graph.node.some(hasBranch));
}

/** What stands in the place of a branch, or of a whole graph. */
interface Content {
  readonly node: NodeProto[];
  readonly initializer: TensorProto[];
  readonly valueInfo: ValueInfoProto[];
}

/** @param around scalars known in the graph around this one */
function inlineGraph(graph: GraphProto, around: ReadonlyMap<string, number>, names: Names): GraphProto {
  const known = new Map(around);
  const result: Content = { node: [], initializer: [], valueInfo: [...(graph.valueInfo ?? [])] };
  const store = (tensors: readonly TensorProto[]): void => {
    for (const tensor of tensors) {
      result.initializer.push(tensor);
      note(known, tensor.name, scalarOf(tensor));
    }
  };
  const take = (node: NodeProto): void => {
    const condition = node.opType === 'If' ? known.get(node.input[0] ?? '') : undefined;
    if (condition !== undefined) {
      const branch = branchOf(node, condition !== 0, names);
      store(branch.initializer);
      result.valueInfo.push(...branch.valueInfo);
      // A branch may itself hold nodes with constant conditions, and give out a constant.
      for (const inner of branch.node) take(inner);
      return;
    }
    const attribute = node.attribute.map((entry) => mapGraphs(entry, (nested) => inlineGraph(nested, known, names)));
    result.node.push({ ...node, attribute });
    note(known, node.output[0], numberOf(node, known));
  };
  store(graph.initializer);
  for (const node of graph.node) take(node);
  return { ...graph, ...result };
}

function note(known: Map<string, number>, name: string | undefined, value: number | undefined): void {
  if (name && value !== undefined) known.set(name, value);
}

/** The nodes and tensors of the branch that runs, its outputs called like those of the `If`. */
function branchOf(node: NodeProto, condition: boolean, names: Names): Content {
  const called = node.name || node.output[0] || 'If';
  const which = condition ? 'then_branch' : 'else_branch';
  const branch = node.attribute.find(({ name }) => name === which)?.g;
  if (!branch) throw new OnnxError(`node "${called}" (If) has no ${which}, which its condition chooses`);
  if (branch.sparseInitializer?.length) {
    throw new OnnxError(`node "${called}" (If) stores sparse tensors in its ${which}: store them dense first`);
  }
  const local = new Map<string, string>();
  const made = branch.node.flatMap(({ output }) => output).filter((name) => name !== '');
  /** Stored tensors and values of the graph around that are given out, and values that are given out twice. */
  const copied: [name: string, outer: string][] = [];
  for (const [index, { name = '' }] of branch.output.entries()) {
    const outer = node.output[index] ?? '';
    if (outer === '') continue;
    if (made.includes(name) && !local.has(name)) local.set(name, outer);
    else copied.push([name, outer]);
  }
  const inside = new Set(namesOf(branch));
  const rename = (name: string): string => {
    if (!inside.has(name)) return name;
    let free = local.get(name);
    if (free === undefined) {
      free = names.unused(`${called}/${name}`);
      names.claim(free);
      local.set(name, free);
    }
    return free;
  };
  const nodes = branch.node.map((inner) => ({
    ...renameNode(inner, rename),
    name: `${called}/${inner.name || inner.output[0]}`,
  }));
  const copies = copied.map(([name, outer]): NodeProto => {
    return { opType: 'Identity', name: outer, input: [rename(name)], output: [outer], attribute: [] };
  });
  return {
    node: [...nodes, ...copies],
    initializer: branch.initializer.map((tensor) => ({ ...tensor, name: rename(tensor.name ?? '') })),
    valueInfo: (branch.valueInfo ?? []).map((info) => ({ ...info, name: rename(info.name ?? '') })),
  };
}

const READABLE = new Set(
  (['bool', 'int32', 'int64', 'float32', 'float64'] as const).map((dtype) => DATA_TYPES[dtype].code as number),
);

/** The number in a tensor of one element. */
function scalarOf(tensor: TensorProto): number | undefined {
  if (elementCount(tensor.dims) !== 1 || tensor.dataLocation === 1 || !READABLE.has(tensor.dataType ?? 0))
    return undefined;
  const value = Number(fromTensorProto(tensor).data[0]);
  // Beyond 2^53 two whole numbers may become one.
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

/** Operators that conditions are made with. */
const RULES: Readonly<Record<string, (a: number, b: number) => boolean | number>> = {
  Identity: (a) => a,
  Squeeze: (a) => a,
  Unsqueeze: (a) => a,
  Not: (a) => a === 0,
  And: (a, b) => a !== 0 && b !== 0,
  Or: (a, b) => a !== 0 || b !== 0,
  Xor: (a, b) => (a !== 0) !== (b !== 0),
  Equal: (a, b) => a === b,
  Greater: (a, b) => a > b,
  GreaterOrEqual: (a, b) => a >= b,
  Less: (a, b) => a < b,
  LessOrEqual: (a, b) => a <= b,
};

function numberOf(node: NodeProto, known: ReadonlyMap<string, number>): number | undefined {
  const type = node.opType ?? '';
  const attribute = (name: string) => node.attribute.find((entry) => entry.name === name);
  if (type === 'Constant') {
    const value = attribute('value')?.t;
    const whole = attribute('value_int')?.i;
    return value ? scalarOf(value) : whole === undefined ? undefined : Number(whole);
  }
  const [a, b = 0] = node.input.map((name) => known.get(name));
  if (a === undefined || (node.input.length > 1 && node.input.some((name) => !known.has(name)))) return undefined;
  if (type === 'Cast') return attribute('to')?.i === BigInt(DATA_TYPES.bool.code) ? Number(a !== 0) : undefined;
  return Object.hasOwn(RULES, type) ? Number(RULES[type]!(a, b)) : undefined;
}
