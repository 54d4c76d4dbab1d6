/** What clients see of a value: small data as it is, large data as a handle, patients never. */
import {
  type Dataset,
  datasetSummary,
  type FileNetworkSpec,
  parameterCountOf,
  type TrainedModel,
} from '../../learn/index.js';
import { isTensor } from '../../runtime/index.js';
import type { ArtefactStore } from './artefact-store.js';
import { isLostInJson, pack } from './pack.js';

/** Plain data above this many bytes of JSON goes to the artefact store. */
const INLINE_BYTES = 4096;

/** A value as it stands in events and results, and where it can be read back from. */
export interface Described {
  readonly json: unknown;
  /** Id of the artefact that holds the whole value; absent when `json` is the value. */
  readonly artefact?: string;
}

type Summary = (value: never) => Record<string, unknown>;

/** Kind of a value -> what of it clients see beside the handle. */
const SUMMARIES: Readonly<Record<string, Summary>> = {
  dataset: (dataset: Dataset) => ({ kind: 'dataset', ...datasetSummary(dataset) }),
  model_spec: ({ kind, backbone, file, sha256, trainable }: FileNetworkSpec) => ({
    kind,
    backbone,
    file,
    sha256,
    trainable,
  }),
  model: (model: TrainedModel) => ({
    kind: 'model',
    backbone: model.spec.backbone,
    ...(model.spec.backbone === 'onnx' && { file: model.spec.file, sha256: model.spec.sha256 }),
    parameters: parameterCountOf(model.network),
    features: model.columns.map(({ name }) => name),
    classes: model.classNames,
    ...(model.positive !== undefined && { positive: model.classNames[model.positive] }),
    epoch: model.epoch,
    trained_epochs: model.trainedEpochs,
  }),
};

/** Describes a value, and keeps it in the store when it is large. */
export function describeValue(name: string, value: unknown, artefacts: ArtefactStore): Described {
  if (isTensor(value)) {
    const { data, dtype, shape } = value;
    const id = artefacts.put(new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice());
    return { json: { $tensor: { dtype, shape, id } }, artefact: artefacts.put(pack(value)) };
  }
  if (!holds(value, ArrayBuffer.isView)) {
    const text = JSON.stringify(value) ?? 'null';
    if (text.length <= INLINE_BYTES) {
      // JSON has no NaN and no -0: what a retry reads back must be what the first reader got.
      if (!holds(value, isLostInJson)) return { json: value ?? null };
      return { json: JSON.parse(text) as unknown, artefact: artefacts.put(pack(value)) };
    }
    const bytes = Buffer.from(text, 'utf8');
    return {
      json: { $file: { name: `${name}.json`, bytes: bytes.length, sha256: artefacts.put(bytes) } },
      artefact: artefacts.put(pack(value)),
    };
  }
  const bytes = pack(value);
  const id = artefacts.put(bytes);
  const kind = (value as { kind?: unknown }).kind;
  const summary = typeof kind === 'string' ? SUMMARIES[kind] : undefined;
  return { json: { ...summary?.(value as never), $file: { name, bytes: bytes.length, sha256: id } }, artefact: id };
}

/** Whether the value is, or has anywhere inside, what the test is for. */
function holds(value: unknown, test: (item: unknown) => boolean): boolean {
  if (test(value)) return true;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  return Object.values(value).some((field) => holds(field, test));
}
