/** Whether a figure that is looked at again and again stays flat: the last third of the looks against the one before it. */
import { median } from '../../harness/statistics.js';

interface Thirds {
  readonly middle: readonly number[];
  readonly last: readonly number[];
}

/** The first third is left out: caches fill, compilers warm up, pools reach their size. */
function thirds(values: readonly number[]): Thirds {
  if (values.length < 3) throw new RangeError(`growth needs three values or more, not ${values.length}`);
  const size = Math.floor(values.length / 3);
  return { middle: values.slice(-2 * size, -size), last: values.slice(-size) };
}

/** Median of the last third over the median of the second: 1 is flat, 1.05 has grown by a twentieth. */
export function growthRatio(values: readonly number[]): number {
  const { middle, last } = thirds(values);
  if (!(median(middle) > 0)) throw new RangeError(`a ratio needs sizes above 0, not ${median(middle)}`);
  return median(last) / median(middle);
}

/**
 * How much the least of the last third is above the least of the second, 0 for nothing. For counts, where one more is one too
 * many: the least, because a look may fall into the moment in which something is being put away; what leaks is there always.
 */
export function growthCount(values: readonly number[]): number {
  const { middle, last } = thirds(values);
  return Math.max(0, Math.min(...last) - Math.min(...middle));
}
