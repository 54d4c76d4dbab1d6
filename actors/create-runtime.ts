/** Puts the pieces together: kernel, store, log, services. The face that people embed, and that the gateway and the command line use. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../learn/data/package-root.js';
import {
  EventLog,
  Kernel,
  RuntimeError,
  type RuntimeErrorCode,
  Store,
  type StoreInit,
  type StoreMessage,
} from '../runtime/index.js';
import { eventHub } from './event-hub.js';
import { eventStream } from './event-stream.js';
import { keepInternals } from './internals.js';
import type { WorkflowSurroundings } from './library/surroundings.js';
import { WorkflowService } from './library/workflow-service.js';
import { registryOf } from './node-modules.js';
import {
  InvalidRequest,
  type Job,
  type JobStatus,
  type Run,
  type Runtime,
  type RuntimeOptions,
} from './runtime-types.js';
import { STORE_SCHEMA } from './store/schema.js';
import { trainingSupervisor } from './training/training-supervisor.js';
import { ArtefactStore } from './values/artefact-store.js';
import type { RunResult } from './workflow/index.js';

/** How long jobs may take to come to a border and write their checkpoints when the runtime closes, in ms. */
const JOBS_DEADLINE_MS = 60_000;

const FOREVER = { timeout: Number.POSITIVE_INFINITY } as const;

/** Built-in node types run from the bundle that every thread loads. */
function hostEntry(): URL {
  const file = join(packageRoot(), 'dist', 'host.js');
  if (!existsSync(file)) throw new RuntimeError('module_invalid', `${file} is missing: run \`npm run build\``);
  return pathToFileURL(file);
}

const isUrl = (module: string): boolean => /^[a-z][a-z+.-]+:/.test(module);

/**
 * Starts a runtime. Close it, or declare it with `await using`: it owns threads.
 * @throws RuntimeError `store_locked` when another process uses the data directory, `store_failed` when it cannot be written to
 * @example
 * const runtime = await createRuntime();
 * const run = await runtime.start(JSON.parse(await readFile('workflow.json', 'utf8')));
 * for await (const event of run) console.log(event.type);
 * console.log((await run.result).outputs);
 * await runtime.close();
 */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const threads = options.threads ?? availableParallelism();
  if (!Number.isInteger(threads) || threads < 1)
    throw new RangeError(`\`threads\` is a whole number >= 1, not ${threads}`);
  const dataDir = resolve(options.dataDir ?? '.ganglion');
  const durable = (options.log ?? 'durable') === 'durable';
  const modules = (options.nodes ?? []).map((module) => (isUrl(module) ? module : pathToFileURL(resolve(module)).href));
  const registry = await registryOf(modules);
  const entry = hostEntry();
  const kernel = new Kernel({ entry, threads, ...(options.onWarning && { onWarning: options.onWarning }) });
  try {
    const storeInit: StoreInit = { directory: durable ? dataDir : undefined, schema: STORE_SCHEMA };
    const storeActor = kernel.spawn<StoreMessage>({ module: entry.href, name: 'storeActor' }, storeInit, 'own-light');
    await storeActor.started.catch((error: unknown) => {
      throw new RuntimeError(codeOf(error), (error as Error).message, { cause: error });
    });
    const store = new Store(storeActor.ref);
    const now = Date.now;
    const log = await EventLog.open(store, now, durable ? 'durable' : 'memory');
    const dataRoots = (options.dataRoots ?? ['.']).map((root) => resolve(root));
    const artefactDir = durable ? join(dataDir, 'artefacts') : undefined;
    const around: WorkflowSurroundings = {
      kernel,
      log,
      store,
      registry,
      modules,
      hostEntry: entry.href,
      threads,
      runsDir: join(dataDir, 'runs'),
      artefactDir,
      artefacts: new ArtefactStore(artefactDir),
      dataRoots,
      now,
    };
    const workflows = new WorkflowService(around);
    const training = kernel.spawnHere(trainingSupervisor, {
      kernel,
      log,
      store,
      hostEntry: entry.href,
      jobsDir: join(dataDir, 'jobs'),
      dataRoots,
      now,
    });
    const hub = kernel.spawnHere(eventHub, log);
    // It marks what an earlier process left unfinished before it answers.
    await training.ask({ type: 'list', skip: 0, limit: 1 });
    await workflows.resumeInterrupted();
    const closing: (() => Promise<void>)[] = [];
    let closed: Promise<void> | undefined;

    const close = async (): Promise<void> => {
      // From the outside to the inside: nobody may ask any more, then nothing runs any more, then everything is on the disk.
      // Whatever goes wrong on the way, the threads are ended: a job that does not come back must not hold the process.
      try {
        for (const step of closing.reverse()) await step();
        await workflows.close();
        await training.ask({ type: 'close' }, { timeout: JOBS_DEADLINE_MS });
        await kernel.stopHere(training);
        await store.flush();
        await storeActor.stop();
      } catch (error) {
        options.onWarning?.(`ganglion: the runtime did not close in good order: ${(error as Error).message}`);
      } finally {
        await kernel.close();
      }
    };

    const refuseWhenClosed = (): void => {
      if (closed)
        throw new RuntimeError('runtime_closed', 'the runtime is closed: make another one with createRuntime()');
    };

    const attached = (id: string): Run => {
      const result = workflows.result(id) as unknown as Promise<RunResult>;
      result.catch(() => undefined);
      return {
        id,
        result,
        cancel: async () => void (await workflows.cancel(id)),
        [Symbol.asyncIterator]: () => eventStream(log, id, (type) => type === 'workflow_completed'),
      };
    };

    const runtime: Runtime = {
      dataDir,
      nodeTypes: () => workflows.nodeTypes(),
      nodeType: (name) => registry.find(name),
      validate: (workflow) => workflows.check(workflow),
      async start(workflow): Promise<Run> {
        refuseWhenClosed();
        const id = await workflows.begin(workflow);
        return attached(id);
      },
      run(id) {
        refuseWhenClosed();
        return attached(id);
      },
      async train(request): Promise<Job> {
        refuseWhenClosed();
        const { job_id: id } = await training
          .ask<{ job_id: string }>({ type: 'start', body: request }, FOREVER)
          .catch((error: unknown) => {
            const { code, detail } = error as { code?: string; detail?: { issues?: InvalidRequest['issues'] } };
            throw code === 'invalid' ? new InvalidRequest(detail?.issues ?? []) : error;
          });
        const command = async (command: 'pause' | 'resume' | 'stop'): Promise<void> =>
          void (await training.ask({ type: 'command', jobId: id, command }, FOREVER));
        const result = training.ask<JobStatus>({ type: 'ended', jobId: id }, FOREVER);
        result.catch(() => undefined);
        return {
          id,
          result,
          status: () => training.ask<JobStatus>({ type: 'status', jobId: id }),
          pause: () => command('pause'),
          resume: () => command('resume'),
          stop: () => command('stop'),
          [Symbol.asyncIterator]: () =>
            eventStream(log, id, (type) => type === 'training_completed' || type === 'training_failed'),
        };
      },
      close() {
        closed ??= close();
        return closed;
      },
      [Symbol.asyncDispose]() {
        return this.close();
      },
    };
    keepInternals(runtime, { kernel, workflows, training, hub, beforeClose: (step) => void closing.push(step) });
    return runtime;
  } catch (error) {
    await kernel.close();
    throw error;
  }
}

function codeOf(error: unknown): RuntimeErrorCode {
  return (error as { code?: RuntimeErrorCode }).code ?? 'store_failed';
}
