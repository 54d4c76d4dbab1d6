/** The actor of one training job, on a thread of its own. Between any two runs it takes what it is told: pause, resume, stop. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Dataset, evaluate, exportModel, splitDataset, Training } from '../../learn/index.js';
import {
  type ActorContext,
  type Behaviour,
  type OwnedDevice,
  openDevice,
  RuntimeError,
  toFailure,
} from '../../runtime/index.js';
import { loadDataset } from '../load-dataset.js';
import { modelSpecOf, recipeOf, trainingSettingsOf } from '../settings.js';
import { writeFileDurably } from '../values/artefact-store.js';
import { findCheckpoint, pruneCheckpoints, writeCheckpoint } from './checkpoint.js';
import type { JobInit, JobMessage, JobReport, TrainingMessage } from './messages.js';

/** `batch_progress` at most so often, in ms. */
const BATCH_INTERVAL_MS = 50;

/** At the end of an epoch a checkpoint is written if the last one is older, in ms: what a crash can cost. */
const CHECKPOINT_INTERVAL_MS = 1000;

/** What exists once the data is read and the graph is loaded. */
interface Work {
  readonly training: Training;
  readonly device: OwnedDevice;
  readonly test: Dataset;
  readonly dataHash: string;
  /** Of the file that is fine-tuned. */
  readonly networkHash: string | undefined;
}

interface JobActorState {
  readonly init: JobInit;
  work: Work | undefined;
  paused: boolean;
  /** Whether a `next` is on its way: there is never more than one. */
  called: boolean;
  ended: boolean;
  toldBatch: number;
  stepsSinceCheckpoint: number;
  savedAt: number;
  /** Whether the state on the disk is the present one. */
  saved: string | undefined;
}

type Context = ActorContext<JobMessage>;
type ReportBody = JobReport extends infer R ? (R extends JobReport ? Omit<R, 'type' | 'jobId'> : never) : never;

export const jobActor: Behaviour<JobActorState, JobMessage, JobInit> = {
  start(init, context) {
    context.self.tell({ type: 'open' });
    return {
      init,
      work: undefined,
      paused: false,
      called: false,
      ended: false,
      toldBatch: Number.NEGATIVE_INFINITY,
      stepsSinceCheckpoint: 0,
      savedAt: Number.NEGATIVE_INFINITY,
      saved: undefined,
    };
  },

  async receive(state, message, context) {
    if (message.type === 'terminated') return state;
    if (message.type === 'pause' || message.type === 'resume' || message.type === 'stop') {
      await command(state, message.type, context);
      return state;
    }
    if (state.ended) return state;
    try {
      if (message.type === 'open') await open(state, context);
      else {
        state.called = false;
        if (!state.paused) await next(state, context);
      }
    } catch (error) {
      // The runtime closes: that is a stop, not a failure.
      if ((error as { code?: unknown }).code === 'stopped' && context.stopRequested()) context.end();
      else end(state, context, { what: 'failed', failure: toFailure(error) });
    }
    return state;
  },

  async stop(state, context) {
    try {
      if (!state.ended) {
        state.ended = true;
        report(state, context, { what: 'stopped', checkpoint: await save(state, context) });
      }
    } finally {
      await state.work?.training.release();
      await state.work?.device.release();
    }
  },
};

/** Asks itself for the next run, behind the commands that wait. */
function callNext(state: JobActorState, context: Context): void {
  if (state.called) return;
  state.called = true;
  context.self.tell({ type: 'next' });
}

function report(state: JobActorState, context: Context, body: ReportBody): void {
  const { jobId, supervisor } = state.init;
  context.ref<TrainingMessage>(supervisor).tell({ type: 'report', jobId, ...body } as JobReport);
}

function end(state: JobActorState, context: Context, body: ReportBody): void {
  state.ended = true;
  report(state, context, body);
  context.end();
}

/** In effect when it returns: no run is under way while a message is handled. */
async function command(state: JobActorState, what: 'pause' | 'resume' | 'stop', context: Context): Promise<void> {
  if (what === 'stop') {
    if (!state.ended) end(state, context, { what: 'stopped', checkpoint: await save(state, context) });
  } else if (what === 'pause') {
    state.paused = true;
    await save(state, context);
  } else if (state.paused) {
    state.paused = false;
    if (state.work) callNext(state, context);
  }
  context.reply(undefined);
}

async function open(state: JobActorState, context: Context): Promise<void> {
  const { request, dataRoots, checkpoint: path } = state.init;
  const { data_config: data, model_config: model, training_config: config } = request;
  const loaded = loadDataset(data, dataRoots);
  const { train: trainShare, val: valShare, test: testShare, by, seed = config.seed } = data.split;
  const parts = splitDataset(
    { ...loaded, recipe: recipeOf(data.preprocess, model) },
    { train: trainShare, val: valShare, test: testShare, seed, by },
  );
  const from = path === undefined ? undefined : findCheckpoint(path).checkpoint;
  const dataHash = hashOfData([parts.train, ...(parts.val ? [parts.val] : [])]);
  if (from && from.manifest.data_hash !== dataHash) {
    throw new RuntimeError(
      'graph_refused',
      'the checkpoint was made with other training or validation data (rows, columns, classes or preprocessing): give it the same data and split, or start anew',
    );
  }
  const spec = await modelSpecOf(model, dataRoots);
  const networkHash = spec.backbone === 'onnx' ? spec.sha256 : undefined;
  if (from && from.manifest.network_sha256 !== networkHash) {
    throw new RuntimeError(
      'graph_refused',
      networkHash === undefined || from.manifest.network_sha256 === undefined
        ? 'the checkpoint was made with another network: resume it with the `model_config` it was made with'
        : `the checkpoint was made with another content of "${model.onnx}" (SHA-256 ${from.manifest.network_sha256}): put that file back, or start anew`,
    );
  }
  const device = await openDevice({
    control: context.control,
    budget: context.budget,
    provider: state.init.chosen.provider,
    ...(config.threads !== undefined && { threads: config.threads }),
  });
  try {
    const training = await Training.open(
      device,
      {
        spec,
        train: parts.train,
        ...(parts.val && { validation: parts.val }),
        settings: trainingSettingsOf(config, parts.val !== undefined),
      },
      // More epochs than before are a wish like any other: what had ended by their number goes on.
      from &&
        (from.state.finished === 'epochs' && from.state.epoch < config.epochs ? withoutEnd(from.state) : from.state),
    );
    state.work = { training, device, test: parts.test, dataHash, networkHash };
  } catch (error) {
    await device.release();
    throw error;
  }
  const { training } = state.work;
  report(state, context, {
    what: 'running',
    totalEpochs: config.epochs,
    provider: training.provider,
    precision: training.precision,
    notes: [...(loaded.notes ?? []), ...training.notes],
    epoch: training.epoch,
    history: training.history,
  });
  callNext(state, context);
}

function withoutEnd<S extends { readonly finished?: unknown }>({ finished: _, ...rest }: S): Omit<S, 'finished'> {
  return rest;
}

async function next(state: JobActorState, context: Context): Promise<void> {
  const { training } = state.work!;
  const { training_config: config } = state.init.request;
  const every = config.checkpoint_every_steps;
  const progress = await training.next(every === undefined ? undefined : every - state.stepsSinceCheckpoint);
  state.saved = progress.type === 'finished' ? state.saved : undefined;
  if (progress.type === 'finished') return complete(state, context, progress.reason);
  if (progress.type === 'batch') {
    state.stepsSinceCheckpoint += progress.steps;
    const now = performance.now();
    if (now - state.toldBatch >= BATCH_INTERVAL_MS || progress.batch === progress.totalBatches) {
      state.toldBatch = now;
      const { epoch, batch, totalBatches, loss } = progress;
      report(state, context, { what: 'batch', epoch, batch, totalBatches, loss, progress: progress.progress });
    }
    if (every !== undefined && state.stepsSinceCheckpoint >= every) await save(state, context);
  } else {
    const { figures, best } = progress;
    report(state, context, { what: 'epoch', figures, progress: progress.progress, best });
    // The state carries the best epoch's weights, so any checkpoint does.
    if (performance.now() - state.savedAt >= CHECKPOINT_INTERVAL_MS) await save(state, context);
  }
  callNext(state, context);
}

async function complete(state: JobActorState, context: Context, reason: string): Promise<void> {
  const { training, device, test } = state.work!;
  const { training_config: config } = state.init.request;
  // Where it ended is where a job with more epochs goes on.
  await save(state, context);
  const model = await training.model();
  const { metrics, confusion_matrix, threshold } = await evaluate(device, model, test, { seed: config.seed });
  let modelPath: string | undefined;
  let networkPath: string | undefined;
  if (config.save_model) {
    writeFileDurably(state.init.outputDir, 'model.onnx', exportModel(model));
    modelPath = join(state.init.outputDir, 'model.onnx');
    if (model.spec.backbone === 'onnx') {
      writeFileDurably(state.init.outputDir, 'network.onnx', model.network);
      networkPath = join(state.init.outputDir, 'network.onnx');
    }
  }
  const named = Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`test_${name}`, value]));
  end(state, context, {
    what: 'completed',
    metrics: {
      ...named,
      confusion_matrix,
      threshold,
      chosen_epoch: model.epoch,
      ...(training.skippedSteps !== undefined && { skipped_steps: training.skippedSteps }),
    },
    modelPath,
    networkPath,
    reason,
  });
}

/** Writes the present state down, unless it is on the disk already; gives its folder. */
async function save(state: JobActorState, context: Context): Promise<string | undefined> {
  const { work, init } = state;
  if (!work || state.saved !== undefined) return state.saved;
  const directory = join(init.outputDir, 'checkpoints');
  const about = {
    job_id: init.jobId,
    created_at: new Date(context.now()).toISOString(),
    data_hash: work.dataHash,
    ...(work.networkHash !== undefined && { network_sha256: work.networkHash }),
    request: init.request as unknown as Record<string, unknown>,
  };
  state.saved = writeCheckpoint(directory, about, await work.training.state());
  state.savedAt = performance.now();
  state.stepsSinceCheckpoint = 0;
  pruneCheckpoints(directory, init.request.training_config.keep_last);
  report(state, context, { what: 'checkpoint', path: state.saved });
  return state.saved;
}

/** Rows in their order, and what is learnt from them: the same columns, classes and preprocessing. */
function hashOfData(parts: readonly Dataset[]): string {
  const hash = createHash('sha256');
  for (const { rowHashes, labels, columns, classNames, positive, recipe } of parts) {
    hash.update(JSON.stringify({ rows: rowHashes.length, columns, classNames, positive, recipe }));
    for (const { buffer, byteOffset, byteLength } of [rowHashes, labels.data])
      hash.update(new Uint8Array(buffer, byteOffset, byteLength).slice());
  }
  return hash.digest('hex');
}
