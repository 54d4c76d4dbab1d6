/** A bar of text. */
import type { Paint } from './colour.js';

export const BAR_COLUMNS = 10;

/** @param percent 0..100; outside it counts as the nearer end */
export function progressBar(percent: number, paint: Paint, columns = BAR_COLUMNS): string {
  const share = Math.min(1, Math.max(0, percent / 100));
  const done = Math.floor(share * columns);
  return paint('accent', '━'.repeat(done)) + paint('quiet', '─'.repeat(columns - done));
}
