/** The masks of dropout: element k of random input i in step s is draw k of a stream of its own, whoever computes it. */
import { tensor } from '../../runtime/tensor.js';
import type { NamedTensors } from '../device.js';
import { type RandomInput, randomShape } from '../models/index.js';
import { random, STREAMS } from '../random.js';

/** Steps that follow one another. */
export interface MaskedSteps {
  readonly seed: number;
  /** Number of the first one in the training, from 0. */
  readonly position: number;
  readonly steps: number;
  /** What the shapes of the masks may be written in: `{ N: 32 }` for the rows of each batch. */
  readonly extents: Readonly<Record<string, number>>;
}

/** Each [steps, ...], by the name of the graph's input. */
export function dropoutMasks(
  inputs: readonly RandomInput[],
  { seed, position, steps, extents: known }: MaskedSteps,
): NamedTensors {
  return Object.fromEntries(
    inputs.map((mask, index) => {
      const { input, keep } = mask;
      const extents = randomShape(mask, known);
      const size = extents.reduce((product, extent) => product * extent, 1);
      const factors = new Float32Array(steps * size);
      const scale = 1 / keep;
      for (let step = 0; step < steps; step++) {
        const draws = random(seed, STREAMS.dropout, (position + step) * inputs.length + index);
        const end = (step + 1) * size;
        for (let element = step * size; element < end; element++) factors[element] = draws.uniform() < keep ? scale : 0;
      }
      return [input, tensor('float32', [steps, ...extents], factors)];
    }),
  );
}
