/** Operators that draw random numbers. */
import type { AttributeSpecs } from '../attributes.js';
import { dtypeOf } from '../data-types.js';
import { type Operator, type OperatorCall, type OperatorTable, sameAsFirst } from './operator.js';

const SEED: AttributeSpecs = { seed: { kind: 'float' }, dtype: { kind: 'int' } };
const NORMAL: AttributeSpecs = { ...SEED, mean: { kind: 'float', default: 0 }, scale: { kind: 'float', default: 1 } };
const UNIFORM: AttributeSpecs = { ...SEED, low: { kind: 'float', default: 0 }, high: { kind: 'float', default: 1 } };

function typeOf(call: OperatorCall, otherwise: Parameters<typeof dtypeOf>[0]) {
  const code = call.attributes.has('dtype') ? call.attributes.number('dtype') : otherwise;
  return dtypeOf(code, `the result of ${call.type}`);
}

const FLOAT32 = 1;
const INT32 = 6;

/** Of the shape that an attribute names. */
function shaped(attributes: AttributeSpecs): Operator {
  return {
    inputs: [0, 0],
    attributes: { ...attributes, shape: { kind: 'ints' } },
    infer(call) {
      const shape = call.attributes.numbers('shape') ?? call.fail('the attribute "shape" is missing');
      return [{ dtype: typeOf(call, FLOAT32), shape }];
    },
  };
}

/** Of the shape of the input, and of its type unless an attribute names another. */
function like(attributes: AttributeSpecs): Operator {
  return {
    inputs: [1, 1],
    attributes,
    infer(call) {
      const { dtype, shape } = sameAsFirst(call);
      return [{ dtype: call.attributes.has('dtype') ? typeOf(call, FLOAT32) : dtype, shape }];
    },
  };
}

export const CHANCE: OperatorTable = {
  RandomNormal: shaped(NORMAL),
  RandomUniform: shaped(UNIFORM),
  RandomNormalLike: like(NORMAL),
  RandomUniformLike: like(UNIFORM),
  Bernoulli: like(SEED),
  Multinomial: {
    inputs: [1, 1],
    attributes: { ...SEED, sample_size: { kind: 'int', default: 1 } },
    infer(call) {
      const { shape } = call.input(0);
      if (shape.length !== 2) call.fail('the logarithms of the probabilities must be [N, classes]');
      return [{ dtype: typeOf(call, INT32), shape: [shape[0]!, call.attributes.number('sample_size')] }];
    },
  },
};
