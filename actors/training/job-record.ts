/** What is known of a job, as plain data, and how reports change it: pure functions, so that a restart can fold the log again. */
import type { JobState, JobStatus } from '../runtime-types.js';
import type { Figures, JobReport } from './messages.js';
import { FINAL_STATES } from './transitions.js';

/** The status object of the contract, and what it is computed from. */
export interface JobRecord extends Omit<JobStatus, 'duration' | 'is_paused'> {
  /** The job's folder, below the one of all jobs. */
  readonly folder: string;
  /** Seconds of the stretches in which it ran, without the present one. */
  readonly ranFor: number;
  /** When the present stretch began, in ms since 1970. */
  readonly runningSince: number | null;
}

export function newRecord(
  about: { readonly jobId: string; readonly name: string; readonly number: number; readonly folder: string },
  totalEpochs: number,
  now: number,
): JobRecord {
  const { jobId, name, number, folder } = about;
  return {
    job_id: jobId,
    folder,
    name,
    status: 'pending',
    progress: 0,
    current_epoch: 0,
    total_epochs: totalEpochs,
    metrics: {},
    history: {},
    error: null,
    database_id: number,
    created_at: new Date(now).toISOString(),
    started_at: null,
    completed_at: null,
    checkpoint: null,
    model_path: null,
    network_path: null,
    provider: null,
    device: null,
    precision: null,
    ranFor: 0,
    runningSince: null,
  };
}

export function withStatus(record: JobRecord, status: JobState, now: number): JobRecord {
  const runs = status === 'running';
  const ranFor = record.ranFor + (record.runningSince === null ? 0 : (now - record.runningSince) / 1000);
  return {
    ...record,
    status,
    ranFor,
    runningSince: runs ? now : null,
    started_at: record.started_at ?? (runs ? new Date(now).toISOString() : null),
    completed_at: FINAL_STATES.has(status) ? new Date(now).toISOString() : null,
  };
}

/** Adds an epoch's figures to the history: a list a figure, `null` in the epochs that did not have it. */
export function withEpoch(record: JobRecord, figures: Figures): JobRecord {
  const { epoch, ...values } = figures;
  const length = epoch ?? 0;
  const history: Record<string, (number | null)[]> = {};
  for (const name of new Set([...Object.keys(record.history), ...Object.keys(values)])) {
    const list = (record.history[name] ?? []).slice(0, length - 1);
    while (list.length < length - 1) list.push(null);
    list.push(values[name] ?? null);
    history[name] = list;
  }
  return { ...record, current_epoch: length, metrics: figures, history };
}

/** The figures of the epoch whose weights the job leaves: what stands beside the figures of the test is of the same model. */
function chosenFigures({ history, metrics }: JobRecord, epoch: unknown): Record<string, unknown> {
  if (typeof epoch !== 'number' || epoch < 1) return { ...metrics };
  const figures = Object.entries(history).flatMap(([name, values]) => {
    const value = values[epoch - 1];
    return value === undefined || value === null ? [] : [[name, value] as const];
  });
  return { epoch, ...Object.fromEntries(figures) };
}

export function withReport(record: JobRecord, report: JobReport, now: number): JobRecord {
  switch (report.what) {
    case 'running': {
      const begun = report.history.reduce(withEpoch, record);
      const running = {
        ...begun,
        total_epochs: report.totalEpochs,
        provider: report.provider,
        precision: report.precision,
      };
      // A job that was paused while it still initialised stays so; from here on a resume makes it run.
      return record.status === 'paused'
        ? { ...running, started_at: running.started_at ?? new Date(now).toISOString() }
        : withStatus(running, 'running', now);
    }
    case 'batch':
      return { ...record, progress: report.progress };
    case 'epoch':
      return { ...withEpoch(record, report.figures), progress: report.progress };
    case 'checkpoint':
      return { ...record, checkpoint: report.path };
    case 'completed':
      return {
        ...withStatus(record, 'completed', now),
        progress: 100,
        metrics: { ...chosenFigures(record, report.metrics['chosen_epoch']), ...report.metrics },
        model_path: report.modelPath ?? null,
        network_path: report.networkPath ?? null,
      };
    case 'stopped':
      return { ...withStatus(record, 'stopped', now), checkpoint: report.checkpoint ?? record.checkpoint };
    case 'failed':
      return { ...withStatus(record, 'failed', now), error: report.failure.message };
  }
}

export function statusOf({ folder: _, ranFor, runningSince, ...record }: JobRecord, now: number): JobStatus {
  return {
    ...record,
    // Records of earlier versions lack them.
    network_path: record.network_path ?? null,
    precision: record.precision ?? null,
    is_paused: record.status === 'paused',
    duration: ranFor + (runningSince === null ? 0 : (now - runningSince) / 1000),
  };
}

/** The row of `GET /training/list`. */
export function listEntryOf(record: JobRecord, now: number): Record<string, unknown> {
  const {
    job_id,
    name,
    status,
    progress,
    current_epoch,
    total_epochs,
    metrics,
    created_at,
    started_at,
    completed_at,
    duration,
    database_id,
  } = statusOf(record, now);
  return {
    id: database_id,
    job_id,
    name,
    status,
    progress,
    current_epoch,
    total_epochs,
    current_metrics: metrics,
    created_at,
    started_at,
    completed_at,
    duration,
  };
}
