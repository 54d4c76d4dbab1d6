/** The table of decompositions: operators without a derivative of their own, written in others that have one. */

import { Attributes, readAttributes } from '../../onnx/attributes.js';
import { isStandard, stopsGradient } from '../../onnx/builder.js';
import { tellingWhere } from '../../onnx/error.js';
import { Arithmetic, type GraphBuilder, type NodeProto, OnnxError, type Value } from '../../onnx/index.js';
import { readInside } from '../../onnx/nested-graphs.js';
import { operatorOf } from '../../onnx/operators/index.js';
import { refusalOf } from '../refusal.js';
import { attention } from './attention.js';
import { CONTRIB } from './contrib.js';
import type { Decomposition, DecompositionTable } from './decomposition.js';
import { gru } from './gru.js';
import { negativeLogLikelihoodLoss, softmaxCrossEntropyLoss } from './loss.js';
import { lstm } from './lstm.js';
import { rnn } from './rnn.js';

const STANDARD: DecompositionTable = {
  RNN: rnn,
  GRU: gru,
  LSTM: lstm,
  Attention: attention,
  NegativeLogLikelihoodLoss: negativeLogLikelihoodLoss,
  SoftmaxCrossEntropyLoss: softmaxCrossEntropyLoss,
};

/** Domain -> operator -> decomposition. */
export const DECOMPOSITIONS: Readonly<Record<string, DecompositionTable>> = { '': STANDARD, 'com.microsoft': CONTRIB };

export function decompositionOf(type: string, domain = ''): Decomposition | undefined {
  const key = isStandard(domain) ? '' : domain;
  const table = Object.hasOwn(DECOMPOSITIONS, key) ? DECOMPOSITIONS[key]! : {};
  return Object.hasOwn(table, type) ? table[type] : undefined;
}

/** A node to write in other words. */
export interface Decomposable {
  readonly name: string;
  readonly type: string;
  readonly domain: string;
  readonly attributes: Attributes;
  readonly inputs: readonly (Value | undefined)[];
  readonly wanted: readonly boolean[];
}

/** Writes the outputs of a node in other operators. `undefined`: the table has no row for its operator. */
export function decompose(math: Arithmetic, node: Decomposable): readonly (Value | undefined)[] | undefined {
  const row = decompositionOf(node.type, node.domain);
  if (!row) return undefined;
  const fail = (reason: string): never => {
    throw new OnnxError(`${refusalOf(node)}: ${reason}`);
  };
  const { attributes, inputs, wanted } = node;
  const input = (index: number): Value => inputs[index] ?? fail(`its input ${index} is left out`);
  return tellingWhere(refusalOf(node), () => row({ math, attributes, inputs, wanted, input, fail }));
}

/**
 * For `importModel`'s `lower`: what a node that will be differentiated is imported as, so that nothing is computed twice.
 * The outputs keep the names of the node's. `undefined` keeps the node as it is.
 *
 * @throws OnnxError with the node's name, where a node of that operator cannot be written in others
 */
export function lowerForDifferentiation(
  graph: GraphBuilder,
  node: NodeProto,
  inputs: readonly (Value | undefined)[],
): readonly Value[] | undefined {
  const [type, domain] = [node.opType ?? '', node.domain ?? ''];
  // In parts the node would forget that gradients end at it.
  if (!decompositionOf(type, domain) || stopsGradient(node)) return undefined;
  const name = node.name || node.output[0] || type;
  // Refused as the operator that it is, not as one of its parts.
  const where = `node "${name}" (${domain && !isStandard(domain) ? `${domain}.` : ''}${type})`;
  graph.typesOf(node, inputs);
  const specs = operatorOf(type, domain)?.attributes ?? {};
  const attributes = new Attributes(readAttributes(specs, node.attribute, where), where);
  const wanted = node.output.map((output) => output !== '');
  return graph.names.within(name, () => {
    const outputs = decompose(new Arithmetic(graph), { name, type, domain, attributes, inputs, wanted });
    return outputs?.map((value, index) => named(graph, value, node.output[index])) as readonly Value[] | undefined;
  });
}

/**
 * For `importModel`'s `lower`: decomposes the nodes that depend on the values with these names; what lies before them has no gradient and
 * runs as it is, in ONNX Runtime's own kernels.
 */
export function decomposeBehind(
  graph: GraphBuilder,
  names: Iterable<string>,
): (node: NodeProto, inputs: readonly (Value | undefined)[]) => readonly Value[] | undefined {
  const influenced = new Set(names);
  return (node, inputs) => {
    if (![...node.input, ...readInside(node)].some((name) => influenced.has(name))) return undefined;
    for (const name of node.output) if (name !== '') influenced.add(name);
    return lowerForDifferentiation(graph, node, inputs);
  };
}

/** A nested graph may read the output by its name, so that stays a name of the graph. */
function named(graph: GraphBuilder, value: Value | undefined, name: string | undefined): Value | undefined {
  if (!value || !name || graph.names.has(name)) return value;
  return graph.op('Identity', [value], {}, { name });
}
