/** Waits for a job to train. */
import type { Api } from './api.js';
import { type EventFeed, openFeed, type WireMessage } from './event-feed.js';

const hasEnded = ({ type, status }: WireMessage): boolean =>
  type === 'training_completed' || type === 'training_failed' || (type === 'training_status' && status === 'failed');

/**
 * Resolves at the first batch that the job tells of, with the feed of its events still open.
 * @throws Error with the job's own when it ended before
 */
export async function untilTraining(api: Api, job: string, signal: AbortSignal): Promise<EventFeed> {
  const feed = await openFeed(api.socket(`/api/training/ws/${job}`), signal);
  try {
    const message = await feed.first((candidate) => candidate.type === 'batch_progress' || hasEnded(candidate));
    if (message.type === 'batch_progress') return feed;
    const { status, error } = await api.get(`/api/training/status/${job}`);
    throw new Error(`${job} is ${status} before its first batch: ${error}`);
  } catch (error) {
    await feed.close();
    throw error;
  }
}
