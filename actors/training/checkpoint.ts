/**
 * Checkpoints: a folder with `manifest.json` and `state.bin`, written under another name, synced and renamed, so that it is
 * there whole or not at all. The manifest holds the length and SHA-256 of every file and says which format it is.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { nanoid } from 'nanoid';
import { z } from 'zod';
import type { TrainingState } from '../../learn/index.js';
import { PRIVATE_DIRECTORY, sha256, syncDirectory, writeFileDurably } from '../values/artefact-store.js';
import { pack, unpack } from '../values/pack.js';

/** Raised when older versions could not read what this one writes. Every earlier format stays readable. */
const FORMAT = 1;
const MANIFEST = 'manifest.json';
const STATE = 'state.bin';

const manifestSchema = z.object({
  format: z.int().min(1),
  job_id: z.string(),
  created_at: z.string(),
  epoch: z.int().min(0),
  step: z.int().min(0),
  graph_hash: z.string(),
  /** SHA-256 over the training and validation data: the same goes on. */
  data_hash: z.string(),
  /** SHA-256 of the file that is fine-tuned; absent where the network comes from no file. */
  network_sha256: z.string().optional(),
  request: z.record(z.string(), z.unknown()),
  files: z.array(z.object({ name: z.string(), bytes: z.int().min(0), sha256: z.string() })),
});

export type Manifest = z.infer<typeof manifestSchema>;

export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
  readonly code = 'damaged';
}

export interface Checkpoint {
  readonly path: string;
  readonly manifest: Manifest;
  readonly state: TrainingState;
}

/** Writes a checkpoint below `directory`, and gives its folder. */
export function writeCheckpoint(
  directory: string,
  about: Omit<Manifest, 'format' | 'files' | 'epoch' | 'step' | 'graph_hash'>,
  state: TrainingState,
): string {
  const name = `epoch-${String(state.epoch).padStart(6, '0')}-step-${String(state.step).padStart(8, '0')}`;
  const path = join(directory, name);
  const temporary = join(directory, `.${name}.${nanoid(8)}.tmp`);
  const bytes = pack(state);
  const manifest: Manifest = {
    format: FORMAT,
    ...about,
    epoch: state.epoch,
    step: state.step,
    graph_hash: state.graphHash,
    files: [{ name: STATE, bytes: bytes.length, sha256: sha256(bytes) }],
  };
  mkdirSync(temporary, { recursive: true, mode: PRIVATE_DIRECTORY });
  try {
    writeFileDurably(temporary, STATE, bytes);
    writeFileDurably(temporary, MANIFEST, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
    // The same place is written again after a resume: the older one makes room.
    if (existsSync(path)) rmSync(path, { recursive: true });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
  syncDirectory(directory);
  return path;
}

/** The checkpoints below a folder, the newest first. */
export function checkpointsIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory).filter((name) => name.startsWith('epoch-'));
  return names
    .sort()
    .reverse()
    .map((name) => join(directory, name));
}

/** Keeps the newest `keep` checkpoints. */
export function pruneCheckpoints(directory: string, keep: number): void {
  for (const path of checkpointsIn(directory).slice(keep)) rmSync(path, { recursive: true, force: true });
}

/** @throws CheckpointError when a file is missing, cut off or altered, or the format is a later one */
export function readManifest(path: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(join(path, MANIFEST), 'utf8'));
  } catch (error) {
    throw new CheckpointError(`${path} is no checkpoint: its ${MANIFEST} cannot be read (${(error as Error).message})`);
  }
  const manifest = manifestSchema.safeParse(json);
  if (!manifest.success)
    throw new CheckpointError(
      `${path} is no checkpoint: its ${MANIFEST} lacks ${manifest.error.issues[0]?.path.join('.')}`,
    );
  if (manifest.data.format > FORMAT) {
    throw new CheckpointError(
      `${path} was written by a later version (format ${manifest.data.format}, this one reads up to ${FORMAT}): update ganglion`,
    );
  }
  return manifest.data;
}

/** @throws CheckpointError */
export function readCheckpoint(path: string): Checkpoint {
  const manifest = readManifest(path);
  const entry = manifest.files.find(({ name }) => name === STATE);
  if (!entry) throw new CheckpointError(`${path} has no ${STATE}`);
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(path, STATE));
  } catch (error) {
    throw new CheckpointError(`${path} is damaged: ${(error as Error).message}`);
  }
  if (bytes.length !== entry.bytes || sha256(bytes) !== entry.sha256) {
    throw new CheckpointError(
      `${path} is damaged: ${STATE} is not what its manifest says. Take an older checkpoint beside it`,
    );
  }
  return { path, manifest, state: unpack(bytes) as TrainingState };
}

/**
 * The checkpoint that a path means: its own folder, or the newest one that is whole below a job's folder.
 * @returns what was skipped, too, because it is damaged
 * @throws CheckpointError
 */
export function findCheckpoint(path: string): { readonly checkpoint: Checkpoint; readonly skipped: readonly string[] } {
  if (existsSync(join(path, MANIFEST))) return { checkpoint: readCheckpoint(path), skipped: [] };
  const below = existsSync(join(path, 'checkpoints')) ? join(path, 'checkpoints') : path;
  const skipped: string[] = [];
  for (const candidate of checkpointsIn(below)) {
    try {
      return { checkpoint: readCheckpoint(candidate), skipped };
    } catch (error) {
      skipped.push((error as Error).message);
    }
  }
  const found = skipped.length > 0 ? `only damaged ones: ${skipped.join('; ')}` : 'none';
  throw new CheckpointError(
    `there is no checkpoint in ${basename(dirname(path))}/${basename(path)} to go on from (${found})`,
  );
}
