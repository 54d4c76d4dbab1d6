/** The request for a job: what it leaves unsaid because it goes on from another, and everything that can be wrong with it. */
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { NetworkFault } from '../../learn/index.js';
import { parse, type TrainingStart, trainingStart } from '../contract/index.js';
import { readableDirectory } from '../files.js';
import { checkSourceExists } from '../load-dataset.js';
import { checkNetworkFile } from '../load-network.js';
import { Refusal } from '../refusal.js';
import { findCheckpoint } from './checkpoint.js';

interface Folders {
  readonly jobsDir: string;
  readonly dataRoots: readonly string[];
}

type FolderOfJob = (jobId: string) => Promise<string>;

export interface ReadRequest {
  readonly request: TrainingStart;
  readonly checkpoint: string | undefined;
  /** What is wrong with newer checkpoints than this one. */
  readonly skipped: readonly string[];
}

/**
 * Checks everything that can be checked before the job exists.
 * @param folderOfJob the folder of a job, below that of all jobs
 * @throws Refusal
 */
export async function readRequest(body: unknown, around: Folders, folderOfJob: FolderOfJob): Promise<ReadRequest> {
  const wanted = isRecord(body) ? body : {};
  const from =
    typeof wanted['resume_from'] === 'string'
      ? await resolveCheckpoint(wanted['resume_from'], around, folderOfJob)
      : undefined;
  const parsed = parse(trainingStart, from ? inherit(from.request, wanted) : body, ['body']);
  if (!parsed.ok) throw new Refusal('invalid', 'the request is not valid', parsed.issues);
  folderOf(parsed.value, around);
  const { data_config: data, model_config: model } = parsed.value;
  try {
    checkSourceExists(data, around.dataRoots);
  } catch (error) {
    throw refused(['data_config', data.data_path === undefined ? 'dataset' : 'data_path'], error);
  }
  try {
    await checkNetworkFile(model, around.dataRoots);
  } catch (error) {
    throw refused(['model_config', error instanceof NetworkFault ? error.word : 'onnx'], error);
  }
  return { request: parsed.value, checkpoint: from?.path, skipped: from?.skipped ?? [] };
}

function refused(place: readonly string[], error: unknown): Refusal {
  const { message, code } = error as Error & { readonly code?: unknown };
  return new Refusal('invalid', message, [
    { loc: ['body', ...place], msg: message, type: String(code ?? 'value_error') },
  ]);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a request that goes on from a checkpoint leaves unsaid is as it was. */
function inherit(
  before: Readonly<Record<string, unknown>>,
  wanted: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...before, ...wanted };
  for (const config of ['model_config', 'data_config', 'training_config']) {
    // What is no object is left for the checks to refuse.
    const changes = wanted[config] ?? {};
    if (isRecord(changes)) merged[config] = { ...(before[config] as object | undefined), ...changes };
  }
  // The folder is that of the earlier job: this one gets its own.
  const training = merged['training_config'];
  const chosen = wanted['training_config'];
  if (isRecord(training) && !(isRecord(chosen) && 'output_dir' in chosen)) {
    const { output_dir: _, ...rest } = training;
    merged['training_config'] = rest;
  }
  return merged;
}

/** A job's id, its folder, or the folder of one checkpoint. */
async function resolveCheckpoint(
  named: string,
  { jobsDir, dataRoots }: Folders,
  folderOfJob: FolderOfJob,
): Promise<{ path: string; request: Readonly<Record<string, unknown>>; skipped: readonly string[] }> {
  try {
    const own = /^job_\d+$/.test(named) ? join(jobsDir, await folderOfJob(named)) : named;
    const directory = readableDirectory(own, [jobsDir, ...dataRoots]);
    const { checkpoint, skipped } = findCheckpoint(directory);
    return { path: checkpoint.path, request: checkpoint.manifest.request, skipped };
  } catch (error) {
    const { message } = error as Error;
    throw new Refusal('invalid', message, [{ loc: ['body', 'resume_from'], msg: message, type: 'value_error' }]);
  }
}

/** The new folder below the jobs' own that the request names, if it names one. @throws Refusal */
export function folderOf(request: TrainingStart, { jobsDir }: Folders): string | undefined {
  const wanted = request.training_config.output_dir;
  if (wanted === undefined) return undefined;
  const below = resolve(jobsDir, wanted);
  const way = relative(jobsDir, below);
  const leaves = way === '' || way === '..' || way.startsWith(`..${sep}`) || isAbsolute(wanted) || isAbsolute(way);
  // A message must not write anywhere else, nor into the folder that another job has or will have.
  const taken = leaves || /^job_\d+$/.test(way.split(sep)[0]!) || ancestorIsTaken(jobsDir, way);
  if (!taken) return way;
  const message = `"${wanted}" is not a new folder below ${jobsDir}: give a relative name that no job has, or leave it out`;
  throw new Refusal('invalid', message, [
    { loc: ['body', 'training_config', 'output_dir'], msg: message, type: 'value_error' },
  ]);
}

/** Whether the folder is there, or lies in that of another job: plain folders between them are free to hold several. */
function ancestorIsTaken(jobsDir: string, way: string): boolean {
  if (existsSync(join(jobsDir, way))) return true;
  for (let above = dirname(way); above !== '.'; above = dirname(above)) {
    if (existsSync(join(jobsDir, above, 'checkpoints'))) return true;
  }
  return false;
}
