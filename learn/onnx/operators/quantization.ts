/** Operators between floating-point numbers and 8-bit numbers. */
import { dtypeOf } from '../data-types.js';
import { type OperatorCall, type OperatorTable, sameAsFirst } from './operator.js';

const AXIS = { axis: { kind: 'int', default: 1 }, block_size: { kind: 'int', default: 0 } } as const;

/** The type of the zero point, where one is given, else the attribute's, else uint8. */
function quantizedType(call: OperatorCall) {
  const zero = call.inputs[2];
  if (zero) return zero.dtype;
  const code = call.attributes.has('output_dtype') ? call.attributes.number('output_dtype') : 0;
  return code === 0 ? 'uint8' : dtypeOf(code, 'the result of QuantizeLinear');
}

export const QUANTIZATION: OperatorTable = {
  QuantizeLinear: {
    inputs: [2, 3],
    attributes: { ...AXIS, saturate: { kind: 'int', default: 1 }, output_dtype: { kind: 'int' } },
    infer: (call) => [{ ...sameAsFirst(call), dtype: quantizedType(call) }],
  },
  DequantizeLinear: {
    inputs: [2, 3],
    attributes: AXIS,
    infer: (call) => [{ ...sameAsFirst(call), dtype: call.input(1).dtype }],
  },
  DynamicQuantizeLinear: {
    inputs: [1, 1],
    infer: (call) => [
      { ...sameAsFirst(call), dtype: 'uint8' },
      { dtype: 'float32', shape: [] },
      { dtype: 'uint8', shape: [] },
    ],
  },
};
