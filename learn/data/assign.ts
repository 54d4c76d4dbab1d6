/** Which unit goes to which part, so that every part has its share of every class. */
import { permutation, type Random } from '../random.js';
import { quotas } from './quota.js';

/** Rows of each class in one unit. [C] */
export type ClassCounts = readonly number[];

/**
 * Gives every unit a part. Each class is divided into whole quotas; units come in random order, large ones first while
 * there is room for them. A unit goes to a part at random, in proportion to the room that its classes still have there,
 * among the parts that can take it whole: with one row a unit this is plain stratified sampling with exact quotas. Where
 * no part has room, it goes where it overshoots least. (Always taking the emptiest part would be simpler, but would send
 * the patients with the most rows to the training part every time.)
 *
 * @param units rows per class, one entry a unit
 * @param shares of each part, sum 1; a part with share 0 gets nothing
 * @returns the part of each unit [units.length]
 */
export function assignUnits(units: readonly ClassCounts[], shares: readonly number[], draws: Random): Int32Array {
  const classCount = units[0]?.length ?? 0;
  const totals = Array.from({ length: classCount }, (_, index) =>
    units.reduce((sum, counts) => sum + counts[index]!, 0),
  );
  const byClass = totals.map((total) => quotas(total, shares));
  const room = shares.map((_, part) => byClass.map((counts) => counts[part]!));
  const sizes = units.map((counts) => counts.reduce((sum, count) => sum + count, 0));
  const order = [...permutation(units.length, draws)].sort((a, b) => sizes[b]! - sizes[a]!);
  const parts = new Int32Array(units.length);

  for (const unit of order) {
    const counts = units[unit]!;
    const present = counts.flatMap((count, index) => (count > 0 ? [index] : []));
    // Rare classes weigh as much as frequent ones.
    const appeal = shares.map((share, part) => {
      if (share === 0 || present.some((index) => room[part]![index]! < counts[index]!)) return 0;
      return present.reduce((sum, index) => sum + (counts[index]! * room[part]![index]!) / totals[index]!, 0);
    });
    const part = drawPart(appeal, draws) ?? leastOvershoot(counts, present, room, shares, totals);
    parts[unit] = part;
    for (const index of present) room[part]![index]! -= counts[index]!;
  }
  return parts;
}

/** An index drawn in proportion to its weight; undefined when all weights are 0. */
function drawPart(weights: readonly number[], draws: Random): number | undefined {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return undefined;
  let left = draws.uniform() * total;
  let last = 0;
  for (const [index, weight] of weights.entries()) {
    if (weight === 0) continue;
    last = index;
    left -= weight;
    if (left < 0) break;
  }
  return last;
}

/** The part where adding the unit leaves the smallest sum over classes of ((rows - quota) / total)^2. */
function leastOvershoot(
  counts: ClassCounts,
  present: readonly number[],
  room: readonly (readonly number[])[],
  shares: readonly number[],
  totals: readonly number[],
): number {
  let best = -1;
  let bestGain = Number.NEGATIVE_INFINITY;
  for (const [part, share] of shares.entries()) {
    if (share === 0) continue;
    // |room - counts|^2 falls by 2 room * counts - |counts|^2; the last term is the same for every part.
    const gain = present.reduce((sum, index) => sum + (room[part]![index]! * counts[index]!) / totals[index]! ** 2, 0);
    if (gain > bestGain) [best, bestGain] = [part, gain];
  }
  return best;
}
