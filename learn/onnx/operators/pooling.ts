/** Operators that reduce what a window covers, or all spatial axes, to one number. x is [N, C, ...spatial]. */
import type { AttributeSpecs } from '../attributes.js';
import type { Shape } from '../shape.js';
import type { Operator, OperatorCall, OperatorTable } from './operator.js';
import { namedKernel, slidExtents, spatialOf, WINDOW } from './window-call.js';

const flag = { kind: 'int', default: 0 } as const;
const lp = { kind: 'int', default: 2 } as const;

function pooled(call: OperatorCall): Shape {
  const { shape } = call.input(0);
  spatialOf(call);
  const ceil = call.attributes.number('ceil_mode') !== 0;
  return [...shape.slice(0, 2), ...slidExtents(call, namedKernel(call), ceil)];
}

function pooling(attributes: AttributeSpecs): Operator {
  return {
    inputs: [1, 1],
    attributes: { ...WINDOW, ceil_mode: flag, ...attributes },
    infer: (call) => [{ dtype: call.input(0).dtype, shape: pooled(call) }],
  };
}

function global(attributes: AttributeSpecs = {}): Operator {
  return {
    inputs: [1, 1],
    attributes,
    infer(call) {
      const { dtype, shape } = call.input(0);
      return [{ dtype, shape: [...shape.slice(0, 2), ...spatialOf(call).map(() => 1)] }];
    },
  };
}

export const POOLING: OperatorTable = {
  MaxPool: {
    ...pooling({ storage_order: flag }),
    infer(call) {
      const shape = pooled(call);
      return [
        { dtype: call.input(0).dtype, shape },
        { dtype: 'int64', shape },
      ];
    },
  },
  AveragePool: pooling({ count_include_pad: flag }),
  LpPool: pooling({ p: lp }),
  GlobalAveragePool: global(),
  GlobalMaxPool: global(),
  GlobalLpPool: global({ p: lp }),
};
