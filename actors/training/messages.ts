/** Who says what to whom about a training job. */
import type { Address, Answers, ChosenProvider, DeferredReply, Failure, Terminated } from '../../runtime/index.js';
import type { TrainingStart } from '../contract/index.js';
import type { JobState, JobStatus } from '../runtime-types.js';
import type { ReadRequest } from './start-request.js';
import type { JobCommand } from './transitions.js';

export interface JobInit {
  readonly jobId: string;
  readonly request: TrainingStart;
  readonly outputDir: string;
  readonly dataRoots: readonly string[];
  /** The folder of a checkpoint to go on from. */
  readonly checkpoint: string | undefined;
  /** Where it computes: what the request asks for, or what `auto` is on this machine. */
  readonly chosen: ChosenProvider;
  readonly supervisor: Address;
}

/** To a job's actor. A command is answered when it is in effect. */
export type JobMessage =
  | { readonly type: 'open' }
  | { readonly type: 'next' }
  | ({ readonly type: JobCommand } & Answers<void>);

/** From a job's actor to the supervisor. */
export type JobReport = { readonly type: 'report'; readonly jobId: string } & (
  | {
      readonly what: 'running';
      readonly totalEpochs: number;
      /** What the sessions run on. */
      readonly provider: string;
      /** What is computed or kept in another precision than float32, in words. */
      readonly precision: string;
      /** What people should know of the data and the network, in sentences. */
      readonly notes: readonly string[];
      readonly epoch: number;
      readonly history: readonly Figures[];
    }
  | {
      readonly what: 'batch';
      readonly epoch: number;
      readonly batch: number;
      readonly totalBatches: number;
      readonly loss: number;
      readonly progress: number;
    }
  | { readonly what: 'epoch'; readonly figures: Figures; readonly progress: number; readonly best: boolean }
  | { readonly what: 'checkpoint'; readonly path: string }
  | {
      readonly what: 'completed';
      readonly metrics: Readonly<Record<string, unknown>>;
      readonly modelPath: string | undefined;
      /** The file that was fine-tuned, with its new weights. */
      readonly networkPath: string | undefined;
      readonly reason: string;
    }
  | { readonly what: 'stopped'; readonly checkpoint: string | undefined }
  | { readonly what: 'failed'; readonly failure: Failure }
);

export type Figures = Readonly<Record<string, number>>;

/** To the supervisor of all jobs. Refusals carry a `code`: `invalid` (with `issues`), `not_found`, `conflict`. */
export type TrainingMessage =
  | JobReport
  | ({ readonly type: 'start'; readonly body: unknown } & Answers<{
      job_id: string;
      status: 'started';
      database_id: number;
    }>)
  | ({ readonly type: 'status'; readonly jobId: string } & Answers<JobStatus>)
  | ({
      readonly type: 'list';
      readonly skip: number;
      readonly limit: number;
      readonly status?: string;
    } & Answers<JobList>)
  | ({ readonly type: 'command'; readonly jobId: string; readonly command: JobCommand } & Answers<{
      job_id: string;
      status: JobState;
    }>)
  | ({ readonly type: 'ended'; readonly jobId: string } & Answers<JobStatus>)
  | CommandOutcome
  | PlacedStart
  /** Stops every job; answered when all of them are written down. Nothing is started any more. */
  | ({ readonly type: 'close' } & Answers<void>)
  | Terminated;

/** From the supervisor to itself: the provider of a request is known. To try one takes seconds, in which others are answered. */
export interface PlacedStart {
  readonly type: 'placed';
  readonly read: ReadRequest;
  readonly chosen: ChosenProvider;
  readonly reply: DeferredReply;
}

/** From the supervisor to itself, behind all that the job reported before it answered. */
export interface CommandOutcome {
  readonly type: 'outcome';
  readonly jobId: string;
  readonly command: JobCommand;
  /** False when the job had ended by itself before the command reached it. */
  readonly reached: boolean;
  readonly reply: DeferredReply;
}

export interface JobList {
  readonly jobs: readonly Record<string, unknown>[];
  readonly total: number;
}
