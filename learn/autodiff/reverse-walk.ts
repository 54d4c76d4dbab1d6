/** Reverse-mode differentiation: walks the nodes back and sums each value's gradient from the nodes that read it. */
import { type Lowerings, PORTABLE } from '../lowerings/index.js';
import { tellingWhere } from '../onnx/error.js';
import { Arithmetic, type GraphBuilder, type GraphNode, OnnxError, type Value } from '../onnx/index.js';
import { readInside } from '../onnx/nested-graphs.js';
import { isDifferentiable } from '../onnx/value.js';
import { type Composite, type Operation, operationsOf } from './composite.js';
import { decompose } from './decompositions/index.js';
import type { Derivative, DerivativeCall } from './derivatives/derivative.js';
import { derivativeOf } from './derivatives/index.js';
import { refusalOf } from './refusal.js';
import { isSumOverRows, LEAST_USES, type SumOverRows, sumContributions } from './sum-over-rows.js';
import { sumToShape } from './sum-to-shape.js';

/**
 * Adds the gradient of `output` with respect to each of `targets` to the graph.
 *
 * @param seed the gradient of whatever is minimised with respect to `output`; its type and shape are those of `output`
 * @param lowerings how the provider that will run the graph writes what is not one operator
 * @param composites nodes of the graph that are one operation to differentiation
 * @returns for each target its gradient, or `undefined` where the output does not depend on it
 * @throws OnnxError naming node and operator, where an operator on the way has no derivative
 */
export function reverseWalk(
  graph: GraphBuilder,
  output: Value,
  seed: Value,
  targets: readonly Value[],
  lowerings: Lowerings = PORTABLE,
  composites: readonly Composite[] = [],
): (Value | undefined)[] {
  const math = new Arithmetic(graph);
  const forward = operationsOf(graph, 0, composites);
  const influenced = new Set(targets.map(({ name }) => name));
  const reached = followInfluence(forward, influenced);
  const uses = new Map<string, number>();
  countUses(reached, uses);
  const contributions = new Map<string, (Value | SumOverRows)[]>([[output.name, [seed]]]);

  const gradientOf = (value: Value | undefined): Value | undefined => {
    const list = value && contributions.get(value.name);
    if (!list) return undefined;
    const sum = sumContributions(math, lowerings, list);
    contributions.set(value.name, [sum]);
    return sum;
  };
  const contribute = (value: Value, gradient: Value | SumOverRows): void => {
    const list = contributions.get(value.name);
    if (list) list.push(gradient);
    else contributions.set(value.name, [gradient]);
  };

  const walkBack = (operations: readonly Operation[]): void => {
    for (const { node, derivative } of operations.toReversed()) {
      if (!reached.has(node)) continue;
      const through = () => passThrough(node, derivative);
      graph.names.within(`grad/${node.name}`, () => tellingWhere(refusalOf(node), through));
    }
  };

  const passThrough = (node: GraphNode, derivative: Derivative | undefined): void => {
    const gradients = node.outputs.map(gradientOf);
    if (gradients.every((gradient) => gradient === undefined)) return;
    const row = derivative ?? derivativeOf(node.type, node.domain);
    if (!row && throughParts(node, gradients)) return;
    const inputs = derive(math, lowerings, node, row, gradients);
    for (const [index, value] of node.inputs.entries()) {
      const contribution = inputs[index];
      if (!contribution || !isDifferentiable(value) || !influenced.has(value.name)) continue;
      const gradient = contribution();
      if (!isSumOverRows(gradient)) contribute(value, sumToShape(math, lowerings, gradient, value));
      // Written where it arises, unless there will be others to take it together with.
      else
        contribute(
          value,
          uses.get(value.name)! < LEAST_USES ? sumContributions(math, lowerings, [gradient]) : gradient,
        );
    }
  };

  /** Computes a node anew in operators that have derivatives, and goes back through those. */
  const throughParts = (node: GraphNode, gradients: readonly (Value | undefined)[]): boolean => {
    const start = graph.nodes.length;
    const wanted = gradients.map((gradient) => gradient !== undefined);
    const outputs = decompose(math, { ...node, wanted });
    if (!outputs) return false;
    const parts = operationsOf(graph, start);
    const through = followInfluence(parts, influenced);
    countUses(through, uses);
    for (const part of through) reached.add(part);
    for (const [index, value] of outputs.entries()) if (value && gradients[index]) contribute(value, gradients[index]);
    walkBack(parts);
    return true;
  };

  walkBack(forward);
  return targets.map((target) => graph.names.within(`grad/${target.name}`, () => gradientOf(target)));
}

/** Adds to `names` all values that change when one of them does. Gives the nodes on the way. */
function followInfluence(operations: readonly Operation[], names: Set<string>): Set<GraphNode> {
  const reached = new Set<GraphNode>();
  for (const { node, proto } of operations) {
    const reads = node.inputs.some((value) => value && names.has(value.name));
    // What a nested graph reads is an input too, though the node does not list it.
    const inside = () => proto !== undefined && [...readInside(proto)].some((name) => names.has(name));
    if (node.stopGradient || !(reads || inside())) continue;
    reached.add(node);
    for (const value of node.outputs) if (isDifferentiable(value)) names.add(value.name);
  }
  return reached;
}

/** Adds to `uses` how often these nodes read each value. */
function countUses(nodes: ReadonlySet<GraphNode>, uses: Map<string, number>): void {
  for (const { inputs } of nodes)
    for (const value of inputs) if (value) uses.set(value.name, (uses.get(value.name) ?? 0) + 1);
}

function derive(
  math: Arithmetic,
  lowerings: Lowerings,
  node: GraphNode,
  row: Derivative | undefined,
  gradients: readonly (Value | undefined)[],
) {
  const fail = (reason: string): never => {
    throw new OnnxError(`${refusalOf(node)}: ${reason}`);
  };
  if (!row) {
    const operator = node.domain ? `${node.domain}.${node.type}` : node.type;
    return fail(
      `the operator ${operator} has no derivative; freeze what lies before it, or build the model without it`,
    );
  }
  const at = (list: readonly (Value | undefined)[], index: number, what: string): Value =>
    list[index] ?? fail(`its ${what} ${index} is left out`);
  const gradientOf = (index: number): Value => gradients[index] ?? math.zerosLike(at(node.outputs, index, 'output'));
  const call: DerivativeCall = {
    node,
    math,
    lowerings,
    // A later output may have a gradient where the first has none.
    get gradient() {
      return gradientOf(0);
    },
    output: at(node.outputs, 0, 'output'),
    input: (index) => at(node.inputs, index, 'input'),
    gradientOf,
    hasGradient: (index) => gradients[index] !== undefined,
    fail,
  };
  return row(call);
}
