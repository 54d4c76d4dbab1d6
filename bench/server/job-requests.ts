/** The training jobs that the bench starts. All of them train on the built-in data set, so nothing has to be fetched. */

const data_config = { dataset: 'wdbc' } as const;

/** More epochs than any measurement waits for. */
const ENDLESS = 100_000;

/** About 280,000 weights: a step that keeps a core busy for several milliseconds. */
export const BUSY_JOB = {
  data_config,
  model_config: { type: 'mlp', hidden: [512, 512] },
  training_config: { epochs: ENDLESS, batch_size: 32, save_model: false },
} as const;

/** About 4,000 weights: what it costs is starting and stopping. */
export const SMALL_JOB = {
  data_config,
  model_config: { type: 'mlp', hidden: [64, 32] },
  training_config: { epochs: ENDLESS, batch_size: 32, save_model: false },
} as const;
