/**
 * ONNX's own test models, each with inputs and the outputs that belong to them. Debian packs them as `libonnx-testdata`; a checkout of
 * github.com/onnx/onnx has newer ones in `onnx/backend/test/data`.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMessage } from '../../../learn/onnx/codec.js';
import type { TensorProto } from '../../../learn/onnx/index.js';

const PACKAGED = '/usr/share/libonnx-testdata/data';
/** Names another folder with the same content. */
const VARIABLE = 'ONNX_TESTDATA';

/** The folders of models, and what a row of the suite calls them. */
export const COLLECTIONS = {
  node: 'node',
  'pytorch-converted': 'pytorch_converted',
  'pytorch-operator': 'pytorch_operator',
  simple: 'simple',
} as const;

export type Collection = keyof typeof COLLECTIONS;

export const HOW_TO_INSTALL = `install Debian's package with "apt-get install libonnx-testdata", or let ${VARIABLE} name the folder onnx/backend/test/data of a checkout of github.com/onnx/onnx`;

/** The folder of the test data; `undefined` where there is none. */
export function findTestData(): string | undefined {
  const folder = process.env[VARIABLE] ?? PACKAGED;
  return existsSync(join(folder, 'node')) ? folder : undefined;
}

/** A model with the inputs and outputs of its first set. */
export interface TestModel {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly inputs: readonly Uint8Array[];
  readonly outputs: readonly Uint8Array[];
}

export function modelNames(folder: string, collection: Collection): string[] {
  const place = join(folder, collection);
  if (!existsSync(place)) return [];
  return readdirSync(place)
    .filter((name) => existsSync(join(place, name, 'model.onnx')))
    .sort();
}

export function readTestModel(folder: string, collection: Collection, name: string): TestModel {
  const place = join(folder, collection, name);
  const values = (kind: string): Uint8Array[] => {
    const set = join(place, 'test_data_set_0');
    const files: Uint8Array[] = [];
    for (let index = 0; existsSync(join(set, `${kind}_${index}.pb`)); index++)
      files.push(readFileSync(join(set, `${kind}_${index}.pb`)));
    return files;
  };
  return { name, bytes: readFileSync(join(place, 'model.onnx')), inputs: values('input'), outputs: values('output') };
}

export function readTensor(bytes: Uint8Array): TensorProto {
  return readMessage('TensorProto', bytes);
}
