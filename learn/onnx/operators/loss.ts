/** Losses that ONNX has as operators. Scores are [N, C, d1, ...], targets [N, d1, ...], weights [C]. */
import type { AttributeSpecs } from '../attributes.js';
import { broadcastShapes } from '../shape.js';
import type { ValueType } from '../value.js';
import { type OperatorCall, type OperatorTable, sameAsFirst } from './operator.js';

const LOSS: AttributeSpecs = {
  ignore_index: { kind: 'int' },
  reduction: { kind: 'string', default: 'mean' },
};
const REDUCTIONS = ['none', 'sum', 'mean'];

function lossOf(call: OperatorCall): ValueType {
  const { dtype, shape } = call.input(0);
  const target = call.input(1);
  const [rows, , ...places] = shape;
  if (shape.length < 2) call.fail('the scores must be [N, C, ...]');
  if (target.dtype !== 'int64' && target.dtype !== 'int32') call.fail('the targets must be int64 or int32');
  if (target.shape.length !== shape.length - 1 || !broadcastShapes([[rows!, ...places], target.shape]))
    call.fail('the targets must have the shape of the scores without the classes');
  const reduction = call.attributes.text('reduction');
  if (!REDUCTIONS.includes(reduction)) call.fail(`reduction "${reduction}" is not one of ${REDUCTIONS.join(', ')}`);
  return { dtype, shape: reduction === 'none' ? target.shape : [] };
}

export const LOSS_OPERATORS: OperatorTable = {
  NegativeLogLikelihoodLoss: { inputs: [2, 3], attributes: LOSS, infer: (call) => [lossOf(call)] },
  SoftmaxCrossEntropyLoss: {
    inputs: [2, 3],
    attributes: LOSS,
    infer: (call) => [lossOf(call), sameAsFirst(call)],
  },
};
