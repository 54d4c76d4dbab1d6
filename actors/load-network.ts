/** The network file that a `model_config` names. */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { checkNetwork, type FileNetworkSpec, readNetworkFile } from '../learn/index.js';
import { type ModelConfig, networkFileOf } from './contract/index.js';
import { readableFile } from './files.js';

/** Up to this many bytes a file is looked into before a job exists; a larger one takes a second, in which others would wait. Its job looks. */
const CHECKED_AT_ONCE = 8 * 2 ** 20;

type Wanted = NonNullable<ReturnType<typeof networkFileOf>>;

/** @throws FileError, OnnxError */
export async function loadNetwork(
  { path, words }: Wanted,
  dataRoots: readonly string[],
): Promise<Omit<FileNetworkSpec, 'seed' | 'numClasses'>> {
  const { network, sha256 } = await readNetworkFile(readableFile(path, dataRoots));
  return { kind: 'model_spec', backbone: 'onnx', file: basename(path), network, sha256, ...words };
}

/**
 * Whether the network that a config names is there and can be trained: asked before a job exists.
 * @throws FileError, OnnxError
 */
export async function checkNetworkFile(config: ModelConfig, dataRoots: readonly string[]): Promise<void> {
  const wanted = networkFileOf(config);
  if (wanted === undefined) return;
  const file = readableFile(wanted.path, dataRoots);
  if (statSync(file).size > CHECKED_AT_ONCE) return;
  const { model } = await readNetworkFile(file);
  checkNetwork(model, wanted.words);
}
