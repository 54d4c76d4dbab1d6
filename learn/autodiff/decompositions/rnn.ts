/** The simple recurrent network (Elman 1990), as ONNX defines it: h' = f(x W^T + h R^T + b). */
import type { Value } from '../../onnx/index.js';
import type { Decomposition } from './decomposition.js';
import { recurrentLayer } from './recurrent-layer.js';

export const rnn: Decomposition = (call) =>
  recurrentLayer(call, {
    activations: ['Tanh'],
    states: 1,
    cell({ math, input, recurrent, bias, activations, clip }) {
      const [activation] = activations as [(x: Value) => Value];
      return {
        projections: [{ weight: input, bias: bias && math.add(bias.input, bias.recurrent) }],
        step: ([x], [h]) => [activation(clip(h ? math.graph.op('Gemm', [h, recurrent, x], { transB: 1 }) : x!))],
      };
    },
  });
