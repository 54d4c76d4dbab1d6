/** Short form for cases of operators that are differentiated in other words: the graph holds those words. */
import type { AttributeValue } from '../../../onnx/attributes.js';
import { writeAttributes } from '../../../onnx/attributes.js';
import { operatorOf } from '../../../onnx/operators/index.js';
import { lowerForDifferentiation } from '../../decompositions/index.js';
import type { Case, Input } from './case.js';

export interface DecomposedNode {
  readonly operator: string;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** For each input of the node the place of the case's value (constants behind the inputs), or nothing. */
  readonly wiring?: readonly (number | undefined)[];
  /** Which outputs are asked for. */
  readonly outputs?: readonly boolean[];
}

/** The case's value is all outputs that are asked for, one behind the other. */
export function decomposed(
  what: string,
  given: DecomposedNode,
  inputs: readonly Input[],
  constants: Case['constants'] = [],
): Case {
  const { operator, domain = '', attributes = {}, wiring, outputs = [true] } = given;
  return {
    operator,
    what,
    inputs,
    constants,
    node: given,
    build(graph, values, math) {
      const specs = operatorOf(operator, domain)?.attributes ?? {};
      const names = outputs.map((wanted, index) => (wanted ? `output_${index}` : ''));
      const attribute = writeAttributes(specs, attributes, operator);
      const node = { opType: operator, domain, name: 'node', input: [], output: names, attribute };
      const wired = wiring ? wiring.map((place) => (place === undefined ? undefined : values[place])) : values;
      const results = lowerForDifferentiation(graph, node, wired)!.filter((_, index) => outputs[index]);
      if (results.length === 1) return results[0]!;
      const flat = results.map((value) => math.reshape(value, [-1]));
      return graph.op('Concat', flat, { axis: 0 });
    },
  };
}
