/** The gated recurrent unit (Cho et al. 2014), as ONNX defines it. */
import type { Value } from '../../onnx/index.js';
import type { Decomposition } from './decomposition.js';
import { type Cell, type DirectionTensors, recurrentLayer } from './recurrent-layer.js';

/**
 * Gates in ONNX's order: update z and reset r, then the candidate.
 * @param late whether the reset gate acts on the product with the state (as cuDNN and PyTorch do), not on the state itself
 */
function cell(tensors: DirectionTensors, late: boolean): Cell {
  const { math, hidden, bias, activations, clip } = tensors;
  const { graph } = math;
  const [gate, candidate] = activations as [(x: Value) => Value, (x: Value) => Value];
  const split = (value: Value, sizes: readonly number[], axis: number) =>
    graph.ops('Split', [value, math.integers(sizes.map((size) => size * hidden))], { axis }, 2) as [Value, Value];
  const product = (h: Value, weight: Value, plus: Value | undefined) =>
    graph.op('Gemm', [h, weight, plus], { transB: 1 });

  const [inputGates, inputCandidate] = split(tensors.input, [2, 1], 0);
  const [stateGates, stateCandidate] = split(tensors.recurrent, [2, 1], 0);
  const [biasGates, biasCandidate] = bias ? split(math.add(bias.input, bias.recurrent), [2, 1], 0) : [];
  const [, early] = bias && late ? split(bias.input, [2, 1], 0) : [];
  const [, inner] = bias && late ? split(bias.recurrent, [2, 1], 0) : [];

  const beforeActivation = (x: Value, h: Value | undefined, reset: Value): Value => {
    if (!late) return h ? product(math.mul(reset, h), stateCandidate, x) : x;
    const ofState = h ? product(h, stateCandidate, inner) : inner;
    return ofState ? math.add(x, math.mul(reset, ofState)) : x;
  };

  return {
    projections: [
      { weight: inputGates, bias: biasGates },
      { weight: inputCandidate, bias: late ? early : biasCandidate },
    ],
    step([xGates, xCandidate], [h]) {
      const [update, reset] = split(gate(clip(h ? product(h, stateGates, xGates) : xGates!)), [1, 1], -1);
      const next = candidate(clip(beforeActivation(xCandidate!, h, reset)));
      // (1 - z) n + z h
      return [h ? math.add(next, math.mul(update, math.sub(h, next))) : math.sub(next, math.mul(update, next))];
    },
  };
}

export const gru: Decomposition = (call) =>
  recurrentLayer(call, {
    activations: ['Sigmoid', 'Tanh'],
    states: 1,
    cell: (tensors) => cell(tensors, call.attributes.number('linear_before_reset') !== 0),
  });
