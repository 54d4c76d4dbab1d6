/** "Did you mean ...?": the known word closest to one that nobody knows. */

/** Longer words are compared by their beginning: a hostile megabyte must cost no more than a typing error. */
const COMPARED_CHARACTERS = 64;

/** Spelling that people mix up freely (`batchSize`, `batch-size`, `Batch Size`) counts as equal. */
function folded(word: string): string {
  return word
    .slice(0, COMPARED_CHARACTERS)
    .toLowerCase()
    .replace(/[\s_\-.]/g, '');
}

/**
 * Edit distance with insertions, deletions, substitutions and swaps of neighbours at cost 1 ("optimal string alignment",
 * Damerau 1964; three rows of the usual dynamic programme).
 */
export function editDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      let cost = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      if (row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]) {
        cost = Math.min(cost, beforeLast[column - 2]! + 1);
      }
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[right.length]!;
}

/**
 * The candidate most like `word`, or `undefined` when none is close enough to be worth naming (more than a third of the
 * letters, and more than one, would have to change). The first of equally close ones wins.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const sought = folded(word);
  const allowed = Math.max(1, Math.floor(sought.length / 3));
  let best: string | undefined;
  let bestDistance = allowed + 1;
  for (const candidate of candidates) {
    const known = folded(candidate);
    if (Math.abs(known.length - sought.length) >= bestDistance) continue;
    const distance = editDistance(sought, known);
    if (distance < bestDistance && distance < known.length) {
      best = candidate;
      bestDistance = distance;
      if (distance === 0) break;
    }
  }
  return best;
}

/** How many known words a message lists before it stops. */
const LISTED_WORDS = 30;

/** The way out for a word that nobody knows: the nearest known one, or else the known ones. Begins with a capital, ends with a stop. */
export function suggestion(word: string, candidates: readonly string[]): string {
  const close = nearest(word, candidates);
  if (close !== undefined) return `Did you mean "${close}"?`;
  if (candidates.length === 0) return 'None is known here: leave it out.';
  const listed = candidates.slice(0, LISTED_WORDS).join(', ');
  const rest = candidates.length - LISTED_WORDS;
  return `Known: ${listed}${rest > 0 ? ` and ${rest} more` : ''}.`;
}
