/** Jobs that an earlier process left unfinished: their history is folded from the log again, and they are told as what they are. */

import { join } from 'node:path';
import type { EventLog } from '../../runtime/index.js';
import { checkpointsIn } from './checkpoint.js';
import { type JobRecord, withEpoch, withStatus } from './job-record.js';
import type { Figures } from './messages.js';

const PAGE = 1000;

interface Surroundings {
  readonly log: EventLog;
  readonly jobsDir: string;
  readonly now: () => number;
}

/** Marks the job as failed, with everything that is known of it, and says how it goes on. */
export async function recordAfterRestart(
  { log, jobsDir, now }: Surroundings,
  jobId: string,
  stored: JobRecord,
): Promise<void> {
  await log.reopen(jobId, 'job_id');
  let record = stored;
  let last = stored.runningSince;
  for (let after = 0; ; ) {
    const events = await log.read(jobId, after, PAGE);
    for (const { type, json } of events) {
      const { ts, metrics, progress } = JSON.parse(json) as { ts: string; metrics: Figures; progress: number };
      if (last !== null) last = Math.max(last, Date.parse(ts));
      if (type !== 'epoch_completed') continue;
      record = { ...withEpoch(record, metrics), progress };
    }
    if (events.length < PAGE) break;
    after = events.at(-1)!.seq!;
  }
  // The folder knows better than the record, which may name one that has made room for newer ones.
  const [newest] = checkpointsIn(join(jobsDir, record.folder, 'checkpoints'));
  const hint = newest
    ? `: go on from its checkpoint with resume_from "${jobId}"`
    : ', before its first checkpoint: start it again';
  // It ran until its last sign of life; the time in which nobody ran it does not count.
  const ranFor = record.ranFor + (last === null ? 0 : (last - stored.runningSince!) / 1000);
  const ended = {
    ...withStatus({ ...record, ranFor, runningSince: null }, 'failed', now()),
    checkpoint: newest ?? null,
    error: `the server ended while this job was ${stored.status}${hint}`,
  };
  await log.append(jobId, 'training_failed', { status: 'failed', error: ended.error }, [
    { statement: 'update_job', parameters: ['failed', JSON.stringify(ended), jobId] },
  ]);
  log.close(jobId);
}
