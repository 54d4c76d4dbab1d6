/** Reverse-mode differentiation: walks the nodes back and sums each value's gradient from the nodes that read it. */
import { Arithmetic, type GraphBuilder, type GraphNode, OnnxError, type Value } from '../onnx/index.js';
import { isDifferentiable } from '../onnx/value.js';
import type { DerivativeCall } from './derivatives/derivative.js';
import { derivativeOf } from './derivatives/index.js';
import { sumToShape } from './sum-to-shape.js';

/**
 * Adds the gradient of `output` with respect to each of `targets` to the graph.
 *
 * @param seed the gradient of whatever is minimised with respect to `output`; its type and shape are those of `output`
 * @returns for each target its gradient, or `undefined` where the output does not depend on it
 * @throws OnnxError naming node and operator, where an operator on the way has no derivative
 */
export function reverseWalk(
  graph: GraphBuilder,
  output: Value,
  seed: Value,
  targets: readonly Value[],
): (Value | undefined)[] {
  const math = new Arithmetic(graph);
  const forward = [...graph.nodes];
  const influenced = influencedBy(forward, targets);
  const contributions = new Map<string, Value[]>([[output.name, [seed]]]);

  const gradientOf = (value: Value | undefined): Value | undefined => {
    const list = value && contributions.get(value.name);
    if (!list) return undefined;
    const sum = list.reduce((total, next) => math.add(total, next));
    contributions.set(value.name, [sum]);
    return sum;
  };

  for (const node of forward.toReversed()) {
    const touched = node.inputs.some((value) => value && influenced.has(value.name));
    if (!touched || node.stopGradient) continue;
    graph.names.within(`grad/${node.name}`, () => {
      const gradients = node.outputs.map(gradientOf);
      if (gradients.every((gradient) => gradient === undefined)) return;
      const inputs = derive(math, node, gradients);
      for (const [index, value] of node.inputs.entries()) {
        const contribution = inputs[index];
        if (!contribution || !isDifferentiable(value) || !influenced.has(value.name)) continue;
        const gradient = sumToShape(math, contribution(), value);
        contributions.set(value.name, [...(contributions.get(value.name) ?? []), gradient]);
      }
    });
  }
  return targets.map((target) => graph.names.within(`grad/${target.name}`, () => gradientOf(target)));
}

/** The names of all values that change when one of the targets does. */
function influencedBy(nodes: readonly GraphNode[], targets: readonly Value[]): ReadonlySet<string> {
  const names = new Set(targets.map(({ name }) => name));
  for (const node of nodes) {
    if (node.stopGradient || !node.inputs.some((value) => value && names.has(value.name))) continue;
    for (const value of node.outputs) if (isDifferentiable(value)) names.add(value.name);
  }
  return names;
}

function derive(math: Arithmetic, node: GraphNode, gradients: readonly (Value | undefined)[]) {
  const fail = (reason: string): never => {
    throw new OnnxError(`cannot differentiate node "${node.name}" (${node.type}): ${reason}`);
  };
  const row = derivativeOf(node.type, node.domain);
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
    // Only Split has a gradient when its first output has none; it asks for each of them by number.
    gradient: gradients[0] ?? gradients.find((gradient) => gradient !== undefined)!,
    output: at(node.outputs, 0, 'output'),
    input: (index) => at(node.inputs, index, 'input'),
    gradientOf,
    fail,
  };
  return row(call);
}
