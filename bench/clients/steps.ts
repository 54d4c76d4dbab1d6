/** How long a job takes for a step, everything included: from the batches that its socket tells of. */
import { openFeed } from '../server/event-feed.js';
import type { MeasuringQuestions } from './measuring-client.js';

/** @param ask.events how many `batch_progress` events to look at: at least 2 */
export async function stepDuration({
  url,
  job,
  events,
}: MeasuringQuestions['steps']['ask']): Promise<MeasuringQuestions['steps']['answer']> {
  const feed = await openFeed(`${url.replace(/^http/, 'ws')}/api/training/ws/${job}`, AbortSignal.timeout(60_000));
  const batches: { readonly at: number; readonly position: number }[] = [];
  await feed.first((message) => {
    if (message.type !== 'batch_progress') return false;
    const { epoch, batch, total_batches: total, ts } = message;
    batches.push({ at: Date.parse(String(ts)), position: (Number(epoch) - 1) * Number(total) + Number(batch) });
    return batches.length >= events;
  });
  await feed.close();
  const [from, to] = [batches[0]!, batches.at(-1)!];
  return { seconds: (to.at - from.at) / 1000 / (to.position - from.position) };
}
