/** The jobs as the gateway calls them: every method one question to the supervisor. */
import type { ActorRef } from '../../runtime/index.js';
import type { JobState, JobStatus } from '../runtime-types.js';
import type { JobList, TrainingMessage } from './messages.js';
import type { JobCommand } from './transitions.js';

/** A command takes effect at the job's next border, which a job that still reads its data reaches when that is done. */
const UNTIL_NEXT_BORDER = { timeout: Number.POSITIVE_INFINITY } as const;

type CommandAnswer = { job_id: string; status: JobState };

export class TrainingService {
  readonly #supervisor: ActorRef<TrainingMessage>;

  constructor(supervisor: ActorRef<TrainingMessage>) {
    this.#supervisor = supervisor;
  }

  start(body: unknown): Promise<{ job_id: string; status: 'started'; database_id: number }> {
    // It takes effect however long it takes: to give up waiting would make people start it twice.
    return this.#supervisor.ask({ type: 'start', body }, UNTIL_NEXT_BORDER);
  }

  status(jobId: string): Promise<JobStatus> {
    return this.#supervisor.ask({ type: 'status', jobId });
  }

  list(page: { skip: number; limit: number; status?: string }): Promise<JobList> {
    return this.#supervisor.ask({ type: 'list', ...page });
  }

  pause(jobId: string): Promise<CommandAnswer> {
    return this.#command(jobId, 'pause');
  }

  resume(jobId: string): Promise<CommandAnswer> {
    return this.#command(jobId, 'resume');
  }

  stop(jobId: string): Promise<CommandAnswer> {
    return this.#command(jobId, 'stop');
  }

  #command(jobId: string, command: JobCommand): Promise<CommandAnswer> {
    return this.#supervisor.ask({ type: 'command', jobId, command }, UNTIL_NEXT_BORDER);
  }
}
