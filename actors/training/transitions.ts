/** The states of a job, and what may be asked of it in each: one table. */
import type { JobState } from '../runtime-types.js';

export type JobCommand = 'pause' | 'resume' | 'stop';

export const FINAL_STATES: ReadonlySet<JobState> = new Set(['completed', 'failed', 'stopped']);

/** State x command -> what it leads to, `same` when it is so already, or `illegal`. A paused job can be stopped; an ended one is at rest. */
export const TRANSITIONS: Readonly<Record<JobState, Readonly<Record<JobCommand, JobState | 'same' | 'illegal'>>>> = {
  pending: { pause: 'paused', resume: 'illegal', stop: 'stopped' },
  initializing: { pause: 'paused', resume: 'illegal', stop: 'stopped' },
  running: { pause: 'paused', resume: 'same', stop: 'stopped' },
  paused: { pause: 'same', resume: 'running', stop: 'stopped' },
  completed: { pause: 'illegal', resume: 'illegal', stop: 'illegal' },
  failed: { pause: 'illegal', resume: 'illegal', stop: 'illegal' },
  stopped: { pause: 'illegal', resume: 'illegal', stop: 'same' },
};
