/** The supervisor of all training jobs: starts them, passes commands on, writes down what they report, answers questions. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ActorContext,
  addressKey,
  type Behaviour,
  type ChosenProvider,
  type DeferredReply,
  type EventLog,
  type Kernel,
  type Operation,
  type ProviderChoice,
  providers,
  RuntimeError,
  type Spawned,
  type Store,
  toFailure,
} from '../../runtime/index.js';
import { backboneOf } from '../contract/index.js';
import { Refusal } from '../refusal.js';
import type { JobState } from '../runtime-types.js';
import { PRIVATE_DIRECTORY } from '../values/artefact-store.js';
import { type JobRecord, listEntryOf, newRecord, statusOf, withReport, withStatus } from './job-record.js';
import type { CommandOutcome, JobInit, JobMessage, JobReport, PlacedStart, TrainingMessage } from './messages.js';
import { recordAfterRestart } from './restart.js';
import { folderOf, type ReadRequest, readRequest } from './start-request.js';
import { FINAL_STATES, type JobCommand, TRANSITIONS } from './transitions.js';

export interface TrainingSurroundings {
  readonly kernel: Kernel;
  readonly log: EventLog;
  readonly store: Store;
  readonly hostEntry: string;
  readonly jobsDir: string;
  readonly dataRoots: readonly string[];
  readonly now: () => number;
  /** Which provider a request gets; by what this machine has, unless told. */
  readonly chooseProvider?: (wanted: ProviderChoice) => Promise<ChosenProvider>;
}

interface LiveJob {
  record: JobRecord;
  readonly spawned: Spawned<JobMessage>;
  readonly waiters: DeferredReply[];
  /** Resolves when every event so far is committed. */
  written: Promise<unknown>;
  /** Whether the store lacks its newest state, because it could not be written. */
  unwritten: boolean;
}

interface SupervisorState {
  readonly around: TrainingSurroundings;
  readonly jobs: Map<string, LiveJob>;
  readonly jobOf: Map<string, string>;
  /** Jobs that have ended and whose last state could not be written. */
  readonly unwritten: Map<string, JobRecord>;
  number: number;
  /** Who waits for the end of all jobs. */
  closing: DeferredReply | undefined;
}

type Context = ActorContext<TrainingMessage>;

export const trainingSupervisor: Behaviour<SupervisorState, TrainingMessage, TrainingSurroundings> = {
  async start(around) {
    const [row] = await around.store.query('counter', ['job']);
    for (const { job_id: jobId, document } of await around.store.query('unfinished_jobs')) {
      await recordAfterRestart(around, String(jobId), JSON.parse(String(document)) as JobRecord);
    }
    return {
      around,
      jobs: new Map(),
      jobOf: new Map(),
      unwritten: new Map(),
      number: Number(row?.['value'] ?? 0),
      closing: undefined,
    };
  },

  async receive(state, message, context) {
    if (message.type === 'report') {
      takeReport(state, message);
      return state;
    }
    if (message.type === 'terminated') {
      await takeEnd(state, message);
      return state;
    }
    if (message.type === 'outcome') {
      takeOutcome(state, message);
      return state;
    }
    if (message.type === 'placed') {
      const { read, chosen, reply } = message;
      await startJob(state, read, chosen, context).then(reply.reply, reply.refuse);
      return state;
    }
    try {
      await answer(state, message, context);
    } catch (error) {
      context.refuse(error);
    }
    return state;
  },

  async stop(state) {
    // Nobody hears any more what jobs report: those that `close` did not end are told as interrupted after a restart.
    for (const { waiters } of state.jobs.values()) {
      for (const waiter of waiters) waiter.refuse(new RuntimeError('stopped', 'the supervisor of the jobs has ended'));
    }
    await Promise.all([...state.jobs.values()].map(({ spawned }) => spawned.stop()));
  },
};

type Question = Exclude<TrainingMessage, { type: 'report' | 'terminated' | 'outcome' | 'placed' }>;

async function answer(state: SupervisorState, message: Question, context: Context): Promise<void> {
  const { around } = state;
  switch (message.type) {
    case 'start':
      return place(state, message.body, context);
    case 'status':
      return context.reply(statusOf(await recordOf(state, message.jobId), around.now()));
    case 'list':
      return context.reply(await list(state, message));
    case 'ended': {
      const live = state.jobs.get(message.jobId);
      if (live) live.waiters.push(context.deferReply());
      else context.reply(statusOf(await recordOf(state, message.jobId), around.now()));
      return;
    }
    case 'command':
      return command(state, message.jobId, message.command, context);
    case 'close': {
      state.closing = context.deferReply();
      for (const { spawned } of state.jobs.values()) void spawned.stop();
      replyIfClosed(state);
      return;
    }
  }
}

const jobIdOf = (number: number): string => `job_${String(number).padStart(4, '0')}`;

/** Checks a request, and finds out where it will compute. The supervisor stays free meanwhile. */
async function place(state: SupervisorState, body: unknown, context: Context): Promise<void> {
  const { around } = state;
  refuseWhenClosing(state);
  const read = await readRequest(body, around, async (id) => (await recordOf(state, id)).folder);
  const choose = around.chooseProvider ?? ((wanted) => providers.choose(wanted));
  const reply = context.deferReply();
  choose(read.request.training_config.provider).then(
    (chosen) => context.self.tell({ type: 'placed', read, chosen, reply } satisfies PlacedStart),
    (error: unknown) => reply.refuse(refusedProvider(error)),
  );
}

function refuseWhenClosing({ closing }: SupervisorState): void {
  if (closing) throw new Refusal('unavailable', 'the runtime is closing: no job is started any more');
}

function refusedProvider(error: unknown): Refusal {
  const { message } = error as Error;
  return new Refusal('invalid', message, [
    { loc: ['body', 'training_config', 'provider'], msg: message, type: 'value_error' },
  ]);
}

async function startJob(
  state: SupervisorState,
  { request, checkpoint, skipped }: ReadRequest,
  chosen: ChosenProvider,
  context: Context,
): Promise<{ job_id: string; status: 'started'; database_id: number }> {
  const { around } = state;
  refuseWhenClosing(state);
  // A folder of that name may be there without a row: of a job whose log was kept in memory, or whose log is gone.
  let number = ++state.number;
  while (existsSync(join(around.jobsDir, jobIdOf(number)))) number = ++state.number;
  const jobId = jobIdOf(number);
  const folder = folderOf(request, around) ?? jobId;
  // Made before the job exists, so that a second one cannot be given the same.
  mkdirSync(join(around.jobsDir, folder), { recursive: true, mode: PRIVATE_DIRECTORY });
  const name =
    request.name ??
    `${request.data_config.dataset ?? request.data_config.data_path ?? 'data'} ${backboneOf(request.model_config)}`;
  const now = around.now();
  const record = withStatus(
    {
      ...newRecord({ jobId, name, number, folder }, request.training_config.epochs, now),
      provider: chosen.provider,
      device: chosen.device ?? null,
    },
    'initializing',
    now,
  );
  around.log.create(jobId, 'job_id');
  const along: Operation[] = [
    { statement: 'set_counter', parameters: ['job', number] },
    {
      statement: 'insert_job',
      parameters: [
        number,
        jobId,
        name,
        record.status,
        JSON.stringify(request),
        JSON.stringify(record),
        record.created_at,
      ],
    },
  ];
  const notes = skipped.map((fault) => `an older checkpoint was taken because the newest is damaged: ${fault}`);
  if (chosen.reason !== undefined) notes.push(`computes on ${chosen.provider}: ${chosen.reason}`);
  const told = { ...updateOf(record, now), ...(notes.length > 0 && { notes }) };
  await around.log.append(jobId, 'status_update', told, along);
  const init: JobInit = {
    jobId,
    request,
    outputDir: join(around.jobsDir, folder),
    dataRoots: around.dataRoots,
    checkpoint,
    chosen,
    supervisor: context.self.address,
  };
  const source = { module: around.hostEntry, name: 'jobActor' };
  let spawned: Spawned<JobMessage>;
  try {
    spawned = around.kernel.spawn<JobMessage>(source, init, chosen.provider === 'cpu' ? 'own-heavy' : 'gpu');
  } catch (error) {
    // No thread can take it: what was announced above is told as failed.
    const failed = withStatus({ ...record, error: toFailure(error).message }, 'failed', around.now());
    await around.log.append(jobId, 'training_failed', { ...updateOf(failed, around.now()), error: failed.error }, [
      updateRow(failed),
    ]);
    around.log.close(jobId);
    throw new Refusal('unavailable', toFailure(error).message);
  }
  state.jobs.set(jobId, { record, spawned, waiters: [], written: Promise.resolve(), unwritten: false });
  state.jobOf.set(addressKey(spawned.ref.address), jobId);
  context.watch(spawned.ref as never);
  return { job_id: jobId, status: 'started', database_id: number };
}

async function recordOf(state: SupervisorState, jobId: string): Promise<JobRecord> {
  const live = state.jobs.get(jobId);
  if (live) return live.record;
  const unwritten = state.unwritten.get(jobId);
  if (unwritten) return unwritten;
  const [row] = await state.around.store.query('job_by_id', [jobId]);
  if (!row) throw new Refusal('not_found', `there is no job "${jobId}"`);
  return JSON.parse(String(row['document'])) as JobRecord;
}

async function list(
  state: SupervisorState,
  { skip, limit, status }: Extract<TrainingMessage, { type: 'list' }>,
): Promise<{ jobs: Record<string, unknown>[]; total: number }> {
  const { store, now } = state.around;
  const rows =
    status === undefined
      ? await store.query('jobs', [limit, skip])
      : await store.query('jobs_with_status', [status, limit, skip]);
  const [count] =
    status === undefined ? await store.query('count_jobs') : await store.query('count_jobs_with_status', [status]);
  const jobs = rows.map((row) => {
    const stored = JSON.parse(String(row['document'])) as JobRecord;
    return listEntryOf(state.jobs.get(stored.job_id)?.record ?? stored, now());
  });
  return { jobs, total: Number(count?.['total'] ?? 0) };
}

async function command(state: SupervisorState, jobId: string, what: JobCommand, context: Context): Promise<void> {
  const record = await recordOf(state, jobId);
  const target = TRANSITIONS[record.status][what];
  if (target === 'illegal')
    throw new Refusal('conflict', `job "${jobId}" is ${record.status}: it cannot be told to ${what}`);
  if (target === 'same') return context.reply({ job_id: jobId, status: record.status });
  const live = state.jobs.get(jobId);
  if (!live) throw new Refusal('conflict', `job "${jobId}" has ended: it cannot be told to ${what}`);
  const reply = context.deferReply();
  const outcome = (reached: boolean): void =>
    context.self.tell({ type: 'outcome', jobId, command: what, reached, reply });
  // The supervisor stays free while the job comes to its next border.
  live.spawned.ref.ask({ type: what }, { timeout: Number.POSITIVE_INFINITY }).then(
    () => outcome(true),
    () => outcome(false),
  );
}

/** A command has been answered by the job, and all that the job had reported before is taken in. */
function takeOutcome(state: SupervisorState, { jobId, command: what, reached, reply }: CommandOutcome): void {
  void settleCommand(state, { jobId, what, reached }).then(reply.reply, reply.refuse);
}

async function settleCommand(
  state: SupervisorState,
  { jobId, what, reached }: { jobId: string; what: JobCommand; reached: boolean },
): Promise<{ job_id: string; status: JobState }> {
  const live = state.jobs.get(jobId);
  // Another client may have given the same command at the same moment: it is told of once.
  const changes = what !== 'stop' && reached;
  if (live && changes && TRANSITIONS[live.record.status][what] !== 'same' && !FINAL_STATES.has(live.record.status)) {
    const opening = what === 'resume' && live.record.started_at === null;
    const status = what === 'pause' ? 'paused' : opening ? 'initializing' : 'running';
    write(state, live, 'status_update', withStatus(live.record, status, state.around.now()));
  }
  await live?.written;
  const { status } = live?.record ?? (await recordOf(state, jobId));
  // It ended before the command reached it, and not by the same one.
  if (!reached && TRANSITIONS[status][what] !== 'same')
    throw new Refusal('conflict', `job "${jobId}" is ${status}: it cannot be told to ${what}`);
  return { job_id: jobId, status };
}

function takeReport(state: SupervisorState, report: JobReport): void {
  const live = state.jobs.get(report.jobId);
  if (!live || FINAL_STATES.has(live.record.status)) return;
  const { log, now } = state.around;
  const record = withReport(live.record, report, now());
  const { jobId } = report;
  switch (report.what) {
    case 'batch': {
      live.record = record;
      const { epoch, batch, totalBatches, loss, progress } = report;
      log.announce(jobId, 'batch_progress', { epoch, batch, total_batches: totalBatches, loss, progress });
      return;
    }
    case 'checkpoint':
      live.record = record;
      return;
    case 'epoch': {
      const { figures, best, progress } = report;
      live.record = record;
      append(
        state,
        live,
        'epoch_completed',
        { epoch: figures['epoch'], total_epochs: record.total_epochs, metrics: figures, best, progress },
        [],
      );
      return;
    }
    case 'running':
      return write(state, live, 'status_update', record, {
        provider: record.provider,
        ...(record.device !== null && { device: record.device }),
        precision: record.precision,
        ...(report.notes.length > 0 && { notes: report.notes }),
      });
    case 'completed':
      return write(state, live, 'training_completed', record, {
        final_metrics: record.metrics,
        history: record.history,
        reason: report.reason,
        model_path: record.model_path,
        ...(record.network_path !== null && { network_path: record.network_path }),
      });
    case 'stopped':
      return write(state, live, 'training_completed', record, {
        final_metrics: record.metrics,
        history: record.history,
        checkpoint: record.checkpoint,
      });
    case 'failed':
      return write(state, live, 'training_failed', record, { error: record.error });
  }
}

/** The job's actor is gone. If it said nothing before, its thread died under it. */
async function takeEnd(
  state: SupervisorState,
  message: Extract<TrainingMessage, { type: 'terminated' }>,
): Promise<void> {
  const jobId = state.jobOf.get(addressKey(message.actor));
  const live = jobId === undefined ? undefined : state.jobs.get(jobId);
  if (jobId === undefined || !live) return;
  state.jobOf.delete(addressKey(message.actor));
  if (!FINAL_STATES.has(live.record.status)) {
    const hint = live.record.checkpoint ? `; go on with resume_from "${live.record.checkpoint}"` : '';
    // The watch tells only that the thread is gone, the kernel knows of what it died.
    const failure =
      message.failure?.code === 'host_gone' ? ((await live.spawned.ended) ?? message.failure) : message.failure;
    const cause = failure?.message ?? 'its actor ended without a word';
    takeReport(state, { type: 'report', jobId, what: 'failed', failure: toFailure(new Error(`${cause}${hint}`)) });
  }
  void live.written.then(() => {
    state.jobs.delete(jobId);
    // The store has an older state of it: what is known must be told while this process lives.
    if (live.unwritten) state.unwritten.set(jobId, live.record);
    state.around.log.close(jobId);
    for (const waiter of live.waiters) waiter.reply(statusOf(live.record, state.around.now()));
    replyIfClosed(state);
  });
}

function replyIfClosed({ closing, jobs }: SupervisorState): void {
  if (jobs.size === 0) closing?.reply(undefined);
}

/** Takes a new record over, and commits it together with the event that tells of it. */
function write(state: SupervisorState, live: LiveJob, type: string, record: JobRecord, fields: object = {}): void {
  live.record = record;
  append(state, live, type, { ...updateOf(record, state.around.now()), ...fields }, [updateRow(record)]);
}

function updateRow(record: JobRecord): Operation {
  return { statement: 'update_job', parameters: [record.status, JSON.stringify(record), record.job_id] };
}

function append(
  state: SupervisorState,
  live: LiveJob,
  type: string,
  fields: object,
  along: readonly Operation[],
): void {
  const appended = state.around.log.append(live.record.job_id, type, fields, along).then(
    () => undefined,
    (error: unknown) => {
      // What cannot be written down is lost: the job stops at its next border, with a checkpoint.
      live.record = { ...live.record, error: toFailure(error).message };
      live.unwritten = true;
      void live.spawned.stop();
    },
  );
  live.written = live.written.then(() => appended);
}

function updateOf(record: JobRecord, now: number): Record<string, unknown> {
  const { status, progress, current_epoch, total_epochs, is_paused, duration } = statusOf(record, now);
  return { status, progress, current_epoch, total_epochs, is_paused, duration };
}
