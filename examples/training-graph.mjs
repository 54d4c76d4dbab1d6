/**
 * A training that you drive yourself: attention over the columns of a table (WDBC), a focal loss, weight decay for weights
 * alone, a warm-up, an average of the weights; eight steps to a run. What trains is one ONNX graph, which ONNX Runtime runs.
 *
 *   node examples/training-graph.mjs [MODEL.onnx]
 */
import { cpuDevice } from 'ganglion';
import {
  applyPreprocessing,
  batchBounds,
  DEFAULT_RECIPE,
  epochOrder,
  fitPreprocessing,
  gatherBatch,
  inLoop,
  loadBuiltin,
  rateAt,
  rocAuc,
  rowCount,
  splitDataset,
  trainingGraph,
  transformerEncoder,
  WITHOUT_DECAY,
  withParameters,
} from 'ganglion/learn';
import { saveModel, writeModel } from 'ganglion/onnx';

const [EPOCHS, BATCH, STEPS_A_RUN, SEED] = [8, 16, 8, 42];
const [file] = process.argv.slice(2);

// The training rows decide how all are scaled; nothing is fitted to the others.
const split = splitDataset(loadBuiltin('wdbc'), { train: 0.7, val: 0.15, test: 0.15, seed: SEED });
const preprocessing = fitPreprocessing(split.train, DEFAULT_RECIPE);
const scaled = ({ features }) => ({ ...features, data: applyPreprocessing(preprocessing, features) });
const features = scaled(split.train);
const [, width] = features.shape;

const model = transformerEncoder({
  input: { type: 'table', features: width },
  width: 16,
  heads: 2,
  layers: 1,
  classes: 2,
  seed: SEED,
});
const steps = inLoop(
  trainingGraph({
    model,
    loss: { type: 'focal', gamma: 1 },
    optimizer: { type: 'adamw' },
    groups: [WITHOUT_DECAY],
    averageDecay: 0.9,
    clipNorm: 1,
  }),
);
const device = await cpuDevice();
const session = await device.createSession(steps.bytes, steps.session);

const bounds = batchBounds(rowCount(split.train), BATCH, { dropLast: true });
const stepsPerEpoch = bounds.length - (bounds.length % STEPS_A_RUN);
const schedule = { type: 'cosine', warmup: { steps: 20 } };
const context = { learningRate: 3e-3, totalSteps: EPOCHS * stepsPerEpoch, stepsPerEpoch };

let state = Object.fromEntries(steps.state.map(({ input, initial }) => [input, initial]));
for (let epoch = 0; epoch < EPOCHS; epoch++) {
  const order = epochOrder(SEED, epoch, rowCount(split.train));
  let sum = 0;
  for (let place = 0; place < stepsPerEpoch; place += STEPS_A_RUN) {
    const rows = { from: place * BATCH, to: (place + STEPS_A_RUN) * BATCH };
    const batch = gatherBatch(features, split.train.labels, order, rows);
    const rates = Float32Array.from({ length: STEPS_A_RUN }, (_, index) =>
      rateAt(schedule, epoch * stepsPerEpoch + place + index, context),
    );
    const results = await session.run({
      ...state,
      [steps.inputs.x]: { ...batch.features, shape: [STEPS_A_RUN, BATCH, width] },
      [steps.inputs.labels]: { ...batch.labels, shape: [STEPS_A_RUN, BATCH] },
      [steps.inputs.learningRate]: { dtype: 'float32', shape: [STEPS_A_RUN], data: rates },
    });
    state = Object.fromEntries(steps.state.map(({ input, output }) => [input, results[output]]));
    for (const loss of results[steps.outputs.loss].data) sum += loss;
  }
  const { loss, auc } = await score(split.val, trained('parameter'));
  const means = [sum / stepsPerEpoch, loss].map((value) => value.toFixed(4));
  console.log(`epoch ${epoch + 1}  loss ${means[0]}  validation loss ${means[1]}  AUC ${auc.toFixed(3)}`);
}
await session.release();

// Chosen beforehand, not by its figure: the test part is looked at once.
const averaged = trained('average');
const { auc } = await score(split.test, averaged);
console.log(`test, averaged weights: AUC ${auc.toFixed(3)}`);
if (file !== undefined) await saveModel(averaged, file);
await device.release();

/** The network with the weights of the state, or with their averages. */
function trained(role) {
  const values = steps.state
    .filter((entry) => entry.role === role)
    .map(({ name, input }) => [name.replace(/\/average$/, ''), state[input]]);
  return withParameters(model, Object.fromEntries(values));
}

/** Mean cross-entropy and AUC of the diseased class. */
async function score(rows, network) {
  const scoring = await device.createSession(writeModel(network));
  const { logits } = await scoring.run({ x: scaled(rows) });
  await scoring.release();
  const { labels, positive } = rows;
  const scores = Float64Array.from(labels.data, (_, row) => {
    return logits.data[2 * row + positive] - logits.data[2 * row + 1 - positive];
  });
  const answers = Uint8Array.from(labels.data, (label) => (label === positive ? 1 : 0));
  const losses = scores.map((lead, row) => Math.log1p(Math.exp(answers[row] ? -lead : lead)));
  return { loss: losses.reduce((total, value) => total + value) / losses.length, auc: rocAuc(scores, answers) };
}
