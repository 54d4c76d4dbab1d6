// A program that embeds the runtime and, like many a script, ends with process.exit(0) while jobs train.
// Arguments: the data directory, and how many ms after the jobs began it exits.
import { createRuntime } from 'ganglion';

const [dataDir, delay] = process.argv.slice(2);
const runtime = await createRuntime({ dataDir });
const request = {
  data_config: { dataset: 'wdbc' },
  model_config: { hidden: [512, 512] },
  training_config: { epochs: 100_000, save_model: false },
};
await runtime.train(request);
await runtime.train(request);
setTimeout(() => process.exit(0), Number(delay));
