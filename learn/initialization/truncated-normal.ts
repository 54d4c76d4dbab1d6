/** Draws of the normal distribution within bounds. */
import type { Random } from '../random.js';

/**
 * A draw of the standard normal distribution, given that it lies in [low, high]: exact, by rejection (Robert, "Simulation of truncated
 * normal variables", Statistics and Computing 5, 1995). However far out the bounds are, a few tries are enough.
 */
export function truncatedNormal(low: number, high: number, draws: Random): number {
  if (low > 0) return ofTail(low, high, draws);
  if (high < 0) return -ofTail(-high, -low, draws);
  // Below this width the flat top of the density is the better proposal.
  const wide = high - low > Math.sqrt(2 * Math.PI);
  for (;;) {
    const draw = wide ? draws.normal() : low + (high - low) * draws.uniform();
    if (wide ? draw >= low && draw <= high : draws.uniform() <= Math.exp((-draw * draw) / 2)) return draw;
  }
}

/** In [low, high] above 0: proposals fall off exponentially, at the rate that rejects least without an upper bound. */
function ofTail(low: number, high: number, draws: Random): number {
  const rate = (low + Math.sqrt(low * low + 4)) / 2;
  const lost = -Math.expm1(-rate * (high - low));
  // Where the ratio of the two densities is greatest.
  const best = Math.min(rate, high);
  for (;;) {
    const draw = Math.min(high, low - Math.log1p(-draws.uniform() * lost) / rate);
    const excess = (draw - rate) ** 2 - (best - rate) ** 2;
    if (draws.uniform() <= Math.exp(-excess / 2)) return draw;
  }
}
