/** Probabilities of a trained model for raw rows, computed by the very graph that is exported. */
import { type Tensor, tensor } from '../../runtime/tensor.js';
import { DataError } from '../data/errors.js';
import { alignDataset, type Dataset, rowCount } from '../data/index.js';
import type { Device, GraphSession } from '../device.js';
import { sessionFor } from '../lowerings/webgpu-faults.js';
import { exportModel } from './scoring-graph.js';
import type { TrainedModel } from './trained-model.js';

/** The most rows a run: far below 100 ms for a network on tables. */
const ROWS_A_RUN = 4096;

/** Numbers that the rows of one run hold together: 16 MB. */
const ELEMENTS_A_RUN = 2 ** 22;

/** A trained model, loaded for use on data sets. Holds a session: release it. */
export class Scorer {
  readonly #session: GraphSession;
  readonly #model: TrainedModel;

  private constructor(session: GraphSession, model: TrainedModel) {
    this.#session = session;
    this.#model = model;
  }

  static async open(device: Device, model: TrainedModel): Promise<Scorer> {
    const bytes = exportModel(model);
    return new Scorer(await device.createSession(bytes, sessionFor(device.provider, bytes)), model);
  }

  /**
   * @returns [N, C], row-major, in the order of the model's classes
   * @throws DataError `incompatible_data` when the data lacks a column of the model, `missing_values` when a row lacks a
   * value and the model's preprocessing fills none
   */
  async probabilities(dataset: Dataset): Promise<Float32Array> {
    const aligned = alignDataset(dataset, this.#model);
    const count = rowCount(aligned);
    const width = aligned.columns.length;
    const classes = this.#model.classNames.length;
    this.#refuseMissing(aligned);
    const result = new Float32Array(count * classes);
    const rows = Math.max(1, Math.min(ROWS_A_RUN, Math.floor(ELEMENTS_A_RUN / width)));
    for (let from = 0; from < count; from += rows) {
      const to = Math.min(count, from + rows);
      const table = tensor('float32', [to - from, width], aligned.features.data.slice(from * width, to * width));
      const { probabilities } = (await this.#session.run({ table })) as { probabilities: Tensor<'float32'> };
      result.set(probabilities.data, from * classes);
    }
    return result;
  }

  #refuseMissing({ name, features, rowNumbers }: Dataset): void {
    const { columns } = this.#model.preprocessing;
    const index = features.data.findIndex(
      (value, at) => Number.isNaN(value) && columns[at % columns.length]!.fill === null,
    );
    if (index < 0) return;
    throw new DataError(
      'missing_values',
      `"${name}" lacks a value, and the preprocessing of the model fills none (impute "none")`,
      'Fill the value in, or train the model with `impute`: "median".',
      { column: columns[index % columns.length]!.name, line: rowNumbers[Math.floor(index / columns.length)]! },
    );
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}
