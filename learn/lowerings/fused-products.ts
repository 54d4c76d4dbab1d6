/** Products of matrices that read an operand by columns, as one node of ONNX Runtime's CPU provider: no copy is turned round for them. */
import { Arithmetic, type GraphBuilder, type GraphNode, type NodeProto, type Value } from '../onnx/index.js';
import { readInside } from '../onnx/nested-graphs.js';
import { rewriting } from '../onnx/rewrite.js';

const DOMAIN = 'com.microsoft';

/** A factor of a product, and whether it is read by columns. */
interface Factor {
  readonly value: Value;
  readonly turned: boolean;
}

/**
 * The graph with FusedMatMul in place of products of stacked matrices of which a factor, or the result, is a transposition that moves the
 * last axis. What is left of that transposition keeps the last axis where it is: it copies whole rows, with all threads, and serves the
 * forward and the backward pass alike. ONNX Runtime fuses such nodes too, but merges transpositions first: of the 22 in a training step of
 * two layers of attention, 7 % of its time, it saves none, and 16 are left here. Nodes that nothing reads any more are left to `simplify`.
 */
export function fuseProducts(source: GraphBuilder, name: string): GraphBuilder {
  const { graph, at, write } = rewriting(source, name);
  const math = new Arithmetic(graph);
  const made = new Map<string, GraphNode>();
  for (const node of source.nodes) for (const output of node.outputs) if (output) made.set(output.name, node);
  const uses = usesOf(source);
  const kept = new Set(source.outputs.map((output) => output.name));
  for (const proto of source.protos) readInside(proto, kept);

  /** The factor in terms of what stands before all transpositions, so that one of them can serve several products. */
  const factorOf = (given: Value): Factor => {
    let value = given;
    let order = [...value.shape.keys()];
    for (let node = transposition(value); node; node = transposition(value)) {
      const before = orderOf(node);
      order = order.map((axis) => before[axis]!);
      value = node.inputs[0]!;
    }
    const rows = movesLast(order) ? withLastSwapped(order) : order;
    if (movesLast(rows)) return { value: at(given), turned: false };
    return { value: moved(at(value), rows), turned: rows !== order };
  };
  /** What is written already serves again. */
  const written = new Map<string, Value>();
  const moved = (value: Value, order: readonly number[]): Value => {
    const key = `${value.name} ${order}`;
    const found = written.get(key) ?? math.transpose(value, order);
    written.set(key, found);
    return found;
  };
  const transposition = ({ name }: Value): GraphNode | undefined => {
    const node = made.get(name);
    return node?.type === 'Transpose' && node.domain === '' ? node : undefined;
  };
  const product = (left: Factor, right: Factor): Value => {
    if (!left.turned && !right.turned) return math.matmul(left.value, right.value);
    graph.requireOpset({ domain: DOMAIN, version: 1 });
    const output = graph.names.free('FusedMatMul');
    const proto: NodeProto = {
      opType: 'FusedMatMul',
      domain: DOMAIN,
      name: output,
      input: [],
      output: [output],
      attribute: [
        ...(left.turned ? [{ name: 'transA', type: 2, i: 1n }] : []),
        ...(right.turned ? [{ name: 'transB', type: 2, i: 1n }] : []),
      ],
    };
    return graph.node(proto, [left.value, right.value], new Map())[0]!;
  };
  write({
    replace(node) {
      if (kept.has(node.outputs[0]?.name ?? '')) return undefined;
      if (isStacked(node)) {
        const [left, right] = node.inputs.map((value) => factorOf(value!)) as [Factor, Factor];
        if (!left.turned && !right.turned && left.value === at(node.inputs[0]!) && right.value === at(node.inputs[1]!))
          return undefined;
        return [graph.names.within(node.name, () => product(left, right))];
      }
      const [input] = node.inputs;
      const before = transposition(node.outputs[0]!) && made.get(input!.name);
      if (!before || !isStacked(before) || uses.get(input!.name) !== 1 || kept.has(input!.name)) return undefined;
      const order = orderOf(node);
      const last = order.length - 1;
      const rows = order.map((axis) => (axis === last ? last - 1 : axis === last - 1 ? last : axis));
      if (!movesLast(order) || movesLast(rows)) return undefined;
      // (A B)' = B' A'
      const [left, right] = before.inputs.map((value) => factorOf(value!)) as [Factor, Factor];
      return graph.names.within(node.name, () => {
        const turned = product({ ...right, turned: !right.turned }, { ...left, turned: !left.turned });
        return [moved(turned, rows)];
      });
    },
    after(node, [output]) {
      if (node.type === 'Transpose' && node.domain === '' && output)
        written.set(`${at(node.inputs[0]!).name} ${orderOf(node)}`, output);
    },
  });
  for (const output of source.outputs) graph.output(at(output), output.name);
  return graph;
}

/** A product of float32 matrices, stacked alike: rank 3 or more. */
function isStacked({ type, domain, inputs: [left, right] }: GraphNode): boolean {
  if (type !== 'MatMul' || domain !== '' || left?.dtype !== 'float32') return false;
  return left.shape.length >= 3 && left.shape.length === right!.shape.length;
}

function orderOf({ attributes, inputs }: GraphNode): readonly number[] {
  return attributes.numbers('perm') ?? [...inputs[0]!.shape.keys()].reverse();
}

function withLastSwapped(order: readonly number[]): number[] {
  return order.with(-1, order.at(-2)!).with(-2, order.at(-1)!);
}

function movesLast(order: readonly number[]): boolean {
  return order.at(-1) !== order.length - 1;
}

/** How often nodes read each value. */
function usesOf({ nodes }: GraphBuilder): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  for (const value of nodes.flatMap(({ inputs }) => inputs))
    if (value) uses.set(value.name, (uses.get(value.name) ?? 0) + 1);
  return uses;
}
