/** Operators that bring elements to a common mean and variance, or to a common norm. */
import type { AttributeSpecs } from '../attributes.js';
import { dtypeOf, isFloat } from '../data-types.js';
import { broadcastShapes } from '../shape.js';
import { axesOf, axisOf, type Operator, type OperatorCall, type OperatorTable, sameAsFirst } from './operator.js';

const epsilon = (value: number): AttributeSpecs => ({ epsilon: { kind: 'float', default: value } });

/** Vectors over the channels must have as many elements as there are channels, where both are known. */
function checkChannels(call: OperatorCall, from: number, extent = call.input(0).shape[1]): void {
  for (let index = from; index < call.inputs.length; index++) {
    const { shape } = call.input(index);
    if (shape.length !== 1) call.fail(`input ${index} must be a list, one number for each channel`);
    if (!isFloat(call.input(index).dtype)) call.fail(`input ${index} must hold floating-point numbers`);
    const differ = typeof shape[0] === 'number' && typeof extent === 'number' && shape[0] !== extent;
    if (differ) call.fail(`input ${index} has ${shape[0]} numbers for ${extent} channels`);
  }
}

/** [N, C, ...] with vectors over the channels behind it. */
function perChannel(attributes: AttributeSpecs, inputs: Operator['inputs']): Operator {
  return {
    inputs,
    attributes,
    infer(call) {
      if (call.input(0).shape.length < 2) call.fail('the data must be of rank 2 or more: [N, C, ...]');
      checkChannels(call, 1);
      return [sameAsFirst(call)];
    },
  };
}

const GROUPED = perChannel(
  { ...epsilon(1e-5), num_groups: { kind: 'int' }, stash_type: { kind: 'int', default: 1 } },
  [3, 3],
);

export const NORMALIZATION: OperatorTable = {
  BatchNormalization: {
    inputs: [5, 5],
    attributes: {
      ...epsilon(1e-5),
      momentum: { kind: 'float', default: 0.9 },
      training_mode: { kind: 'int', default: 0 },
    },
    infer(call) {
      // [N] alone is allowed: one channel.
      const { shape } = call.input(0);
      checkChannels(call, 1, shape.length > 1 ? shape[1] : 1);
      const trains = call.attributes.number('training_mode') !== 0;
      if (!trains && call.outputCount > 1) call.fail('the statistics of the batch are outputs in training mode only');
      if (trains && call.outputCount !== 3)
        call.fail('in training mode it has three outputs, running mean and variance too');
      const statistic = (index: number) => ({ dtype: call.input(index).dtype, shape: call.input(index).shape });
      return [sameAsFirst(call), ...(trains ? [statistic(3), statistic(4)] : [])];
    },
  },
  InstanceNormalization: perChannel(epsilon(1e-5), [3, 3]),
  GroupNormalization: {
    ...GROUPED,
    infer(call) {
      const groups = call.attributes.number('num_groups');
      const channels = [call.input(0).shape[1], call.input(1).shape[0]].find((extent) => typeof extent === 'number');
      if (groups < 1 || (typeof channels === 'number' && channels % groups !== 0))
        call.fail(`${channels ?? 'its'} channels do not make ${groups} groups`);
      return GROUPED.infer(call);
    },
  },
  LayerNormalization: {
    inputs: [2, 3],
    attributes: {
      ...epsilon(1e-5),
      axis: { kind: 'int', default: -1 },
      stash_type: { kind: 'int', default: 1 },
    },
    infer(call) {
      const { dtype, shape } = call.input(0);
      const axis = axisOf(call, shape.length);
      const stash = dtypeOf(call.attributes.number('stash_type'), 'the statistics');
      for (const [index, value] of call.inputs.entries()) {
        if (value && broadcastShapes([shape, value.shape])?.length !== shape.length)
          call.fail(`input ${index} does not broadcast to the data`);
      }
      const statistic = { dtype: stash, shape: shape.map((dim, place) => (place < axis ? dim : 1)) };
      return [{ dtype, shape }, statistic, statistic];
    },
  },
  LRN: {
    inputs: [1, 1],
    attributes: {
      alpha: { kind: 'float', default: 1e-4 },
      beta: { kind: 'float', default: 0.75 },
      bias: { kind: 'float', default: 1 },
      size: { kind: 'int' },
    },
    infer(call) {
      const size = call.attributes.number('size');
      if (size < 1) call.fail(`size is ${size}: it sums over the squares of 1 channel or more`);
      if (call.input(0).shape.length < 2) call.fail('the data must be of rank 2 or more: [N, C, ...]');
      return [sameAsFirst(call)];
    },
  },
  LpNormalization: {
    inputs: [1, 1],
    attributes: { axis: { kind: 'int', default: -1 }, p: { kind: 'int', default: 2 } },
    infer(call) {
      axisOf(call, call.input(0).shape.length);
      return [sameAsFirst(call)];
    },
  },
  MeanVarianceNormalization: {
    inputs: [1, 1],
    attributes: { axes: { kind: 'ints', default: [0, 2, 3] } },
    infer(call) {
      axesOf(call, call.attributes.numbers('axes') ?? [], call.input(0).shape.length);
      return [sameAsFirst(call)];
    },
  },
};
