/** The places within a window. */
import type { DType } from '../../../runtime/tensor.js';
import type { Arithmetic, Value } from '../../onnx/index.js';

/** A way that writes nodes for each place of the window is worth it up to so many; wider windows are read by numbers. */
export const MOST_TAPS = 256;

/** How many elements a block of these extents has. */
export function sizeOfBlock(extents: readonly number[]): number {
  return extents.reduce((product, extent) => product * extent, 1);
}

/** Every place within the kernel, the last axis fastest. */
export function offsets(kernel: readonly number[]): number[][] {
  return kernel.reduce<number[][]>(
    (places, extent) => places.flatMap((place) => Array.from({ length: extent }, (_, index) => [...place, index])),
    [[]],
  );
}

/** Weights [places, 1, ...kernel]: one channel for each place of the window, which holds a 1 there and zeros elsewhere. */
export function oneHot(math: Arithmetic, kernel: readonly number[], dtype: DType): Value {
  const count = sizeOfBlock(kernel);
  const data = new Float32Array(count * count);
  for (let place = 0; place < count; place++) data[place * count + place] = 1;
  return math.cast(math.graph.constant({ dtype: 'float32', shape: [count, 1, ...kernel], data }), dtype);
}
