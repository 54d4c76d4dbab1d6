/** What the network says of the validation rows, with weights that it is given. */
import { type Tensor, tensor } from '../../runtime/tensor.js';
import type { Device, GraphSession, NamedTensors } from '../device.js';
import { sessionFor } from '../lowerings/webgpu-faults.js';
import { youdenThreshold } from '../metrics/index.js';
import { type ModelProto, writeModel } from '../onnx/index.js';
import { checkedLogits } from './checked-logits.js';
import { evaluationGraph } from './evaluation-graph.js';
import { ELEMENTS_A_RUN } from './run-length.js';
import { softmaxRows } from './validation.js';

/** The most rows a run. */
const MOST_ROWS = 4096;

/** Rows, as the network sees them, and what is known of them. */
export interface ValidationRows {
  /** [N, F] */
  readonly features: Tensor<'float32'>;
  /** [N] */
  readonly labels: Int32Array;
  readonly classes: number;
  /** The diseased class. */
  readonly positive?: number;
}

/** How the network is called. */
export interface ValidatedNetwork {
  readonly model: ModelProto;
  /** Its input. */
  readonly x: string;
  /** Names of the stored tensors that are given with every run. */
  readonly parameters: ReadonlySet<string>;
}

/** Holds a session: release it. */
export class Validator {
  readonly #session: GraphSession;
  readonly #rows: ValidationRows;
  readonly #x: string;

  private constructor(session: GraphSession, rows: ValidationRows, x: string) {
    this.#session = session;
    this.#rows = rows;
    this.#x = x;
  }

  /** @throws OnnxError when the network does not store one of the parameters */
  static async open(
    device: Device,
    { model, x, parameters }: ValidatedNetwork,
    rows: ValidationRows,
  ): Promise<Validator> {
    const bytes = writeModel(evaluationGraph(model, parameters));
    return new Validator(await device.createSession(bytes, sessionFor(device.provider, bytes)), rows, x);
  }

  /** [N, C] @throws TrainingError `unusable_network` when the network gives another number of them */
  async logits(parameters: NamedTensors): Promise<Float32Array> {
    const { features, classes } = this.#rows;
    const [count = 0, width = 0] = features.shape;
    const logits = new Float32Array(count * classes);
    const rows = Math.max(1, Math.min(MOST_ROWS, Math.floor(ELEMENTS_A_RUN / width)));
    for (let from = 0; from < count; from += rows) {
      const to = Math.min(count, from + rows);
      const x = tensor('float32', [to - from, width], features.data.slice(from * width, to * width));
      const results = await this.#session.run({ [this.#x]: x, ...parameters });
      logits.set(checkedLogits(Object.values(results)[0]!, to - from, classes), from * classes);
    }
    return logits;
  }

  /** Threshold of the positive class's probability (Youden's J); only where there are two classes. @param logits [N, 2] */
  threshold(logits: Float32Array): number | undefined {
    const { labels, classes, positive } = this.#rows;
    if (positive === undefined || classes !== 2) return undefined;
    const probabilities = softmaxRows(logits, 2);
    const scores = Float64Array.from(labels, (_, row) => probabilities[row * 2 + positive]!);
    const ill = Uint8Array.from(labels, (label) => (label === positive ? 1 : 0));
    return youdenThreshold(scores, ill)?.threshold;
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}
