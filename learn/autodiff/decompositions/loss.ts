/** The losses among ONNX's operators in primitives. Scores are [N, C, d1, ...], targets [N, d1, ...], weights [C]. */
import type { Value } from '../../onnx/index.js';
import type { Decomposition, DecompositionCall } from './decomposition.js';

/** The class axis. */
const CLASSES = 1;

/** ONNX NegativeLogLikelihoodLoss-13: minus the score of the target, weighted; the mean is over the weights. */
function negativeLogLikelihood(call: DecompositionCall, logProbabilities: Value): Value {
  const { math, attributes, inputs, input } = call;
  const { graph } = math;
  const { dtype } = logProbabilities;
  const given = input(1);
  const ignored = attributes.has('ignore_index') ? math.equal(given, attributes.number('ignore_index')) : undefined;
  // A target that does not count may lie outside of the classes: any other is looked up in its place.
  const target = ignored ? math.where(ignored, math.scalar(0, given.dtype), given) : given;
  const index = math.unsqueeze(target, [CLASSES]);
  const picked = math.squeeze(graph.op('GatherElements', [logProbabilities, index], { axis: CLASSES }), [CLASSES]);
  const ofClass = inputs[2] && graph.op('Gather', [inputs[2], target]);
  const one = () => ofClass ?? math.scalar(1, dtype);
  const weight = ignored ? math.where(ignored, math.scalar(0, dtype), one()) : ofClass;
  const losses = weight ? math.mul(math.neg(picked), weight) : math.neg(picked);
  const reduction = attributes.text('reduction');
  if (reduction === 'none') return losses;
  if (reduction === 'sum') return math.sum(losses);
  return weight ? math.div(math.sum(losses), math.sum(weight)) : graph.op('ReduceMean', [losses], { keepdims: 0 });
}

export const negativeLogLikelihoodLoss: Decomposition = (call) => [negativeLogLikelihood(call, call.input(0))];

export const softmaxCrossEntropyLoss: Decomposition = (call) => {
  const logProbabilities = call.math.graph.op('LogSoftmax', [call.input(0)], { axis: CLASSES });
  return [negativeLogLikelihood(call, logProbabilities), logProbabilities];
};
