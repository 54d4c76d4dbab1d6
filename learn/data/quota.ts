/** Whole numbers in given proportions. */

/**
 * Divides `total` things by `shares` (>= 0, sum 1): the rounded-down share each, then one more for the largest remainders
 * (the later share first where two are equal). Where `total` suffices, every share above zero gets at least one.
 */
export function quotas(total: number, shares: readonly number[]): number[] {
  // The slack undoes rounding such as 10 * 0.7 = 7.000000000000001 and 0.1 * 3 - its whole part.
  const exact = shares.map((share) => total * share);
  const counts = exact.map((value) => Math.floor(value + 1e-9));
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - counts[index]! }))
    .filter(({ index }) => shares[index]! > 0)
    .sort((a, b) => (Math.abs(b.remainder - a.remainder) > 1e-9 ? b.remainder - a.remainder : b.index - a.index));
  let left = total - counts.reduce((sum, count) => sum + count, 0);
  for (let next = 0; left > 0; next = (next + 1) % byRemainder.length, left--) counts[byRemainder[next]!.index]! += 1;
  for (let index = 0; index < counts.length; index++) {
    if (shares[index] === 0 || counts[index]! > 0) continue;
    const richest = counts.indexOf(Math.max(...counts));
    if (counts[richest]! < 2) break;
    counts[richest]! -= 1;
    counts[index]! += 1;
  }
  return counts;
}
