/** Long short-term memory (Hochreiter and Schmidhuber 1997; peepholes: Gers and Schmidhuber 2000), as ONNX defines it. */
import type { Value } from '../../onnx/index.js';
import type { Decomposition } from './decomposition.js';
import { type Cell, type DirectionTensors, recurrentLayer } from './recurrent-layer.js';

/** Gates in ONNX's order: input, output, forget, cell. Peepholes: input, output, forget. */
function cell(tensors: DirectionTensors, coupled: boolean): Cell {
  const { math, hidden, recurrent, bias, peephole, activations, clip } = tensors;
  const { graph } = math;
  const [gate, candidate, squash] = activations as [(x: Value) => Value, (x: Value) => Value, (x: Value) => Value];
  const parts = (value: Value, sizes: readonly number[]) =>
    graph.ops('Split', [value, math.integers(sizes.map((size) => size * hidden))], { axis: -1 }, sizes.length);
  const [watchInput, watchOutput, watchForget] = peephole ? parts(peephole, [1, 1, 1]) : [];

  const watched = (z: Value, memory: Value | undefined, weight: Value): Value =>
    memory ? math.add(z, math.mul(memory, weight)) : z;

  /** The gates of one step; the output gate looks at the memory that the others made. */
  const gates = (z: Value, memory: Value | undefined) => {
    if (!watchInput || !watchOutput || !watchForget) {
      const [three, fourth] = parts(clip(z), [3, 1]) as [Value, Value];
      const [i, o, f] = parts(gate(three), [1, 1, 1]) as [Value, Value, Value];
      return { i, f, g: candidate(fourth), o: () => o };
    }
    const [zi, zo, zf, zg] = parts(z, [1, 1, 1, 1]) as [Value, Value, Value, Value];
    return {
      i: gate(clip(watched(zi, memory, watchInput))),
      f: gate(clip(watched(zf, memory, watchForget))),
      g: candidate(clip(zg)),
      o: (next: Value) => gate(clip(watched(zo, next, watchOutput))),
    };
  };

  return {
    projections: [{ weight: tensors.input, bias: bias && math.add(bias.input, bias.recurrent) }],
    step([z], [h, memory]) {
      const { i, f, g, o } = gates(h ? graph.op('Gemm', [h, recurrent, z], { transB: 1 }) : z!, memory);
      const kept = memory && math.mul(coupled ? math.sub(1, i) : f, memory);
      const added = math.mul(i, g);
      const next = kept ? math.add(kept, added) : added;
      return [math.mul(o(next), squash(next)), next];
    },
  };
}

export const lstm: Decomposition = (call) =>
  recurrentLayer(call, {
    activations: ['Sigmoid', 'Tanh', 'Tanh'],
    states: 2,
    cell: (tensors) => cell(tensors, call.attributes.number('input_forget') !== 0),
  });
