/** Reads the events of a run or a job to their end: into the file that was asked for, and to whoever shows them. */
import type { WireEvent } from '../../actors/runtime-types.js';
import type { EventFile } from './event-file.js';
import { messageOf } from './failure.js';

/**
 * Resolves when the events have ended. Never rejects: that they cannot be shown must not end what they are about.
 * @param onTrouble told once why no further event comes
 */
export async function follow(
  events: AsyncIterable<WireEvent>,
  file: EventFile | undefined,
  show: (event: WireEvent) => void,
  onTrouble: (reason: string) => void,
): Promise<void> {
  try {
    for await (const event of events) {
      await file?.append(event);
      show(event);
    }
  } catch (error) {
    onTrouble(messageOf(error));
  }
}
