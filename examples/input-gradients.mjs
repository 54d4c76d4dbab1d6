/**
 * What moves the answer of a trained model: the gradient of its log odds with respect to each column, from the exported file
 * itself, its preprocessing included. For a model of WDBC, as `npm run demo` exports one.
 *
 *   node examples/input-gradients.mjs .ganglion/runs/RUN/export/wdbc.onnx
 */
import { differentiate, loadBuiltin, rowCount } from 'ganglion/learn';
import { loadModel, writeModel } from 'ganglion/onnx';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const SHOWN = 8;

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('name the model: node examples/input-gradients.mjs MODEL.onnx');

const model = await loadModel(file);
const { columns, classes, positive } = Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value]));
const classNames = JSON.parse(classes);
const names = JSON.parse(columns).map(({ name }) => name);
const patients = loadBuiltin('wdbc');
const count = rowCount(patients);
if (names.join() !== patients.columns.map(({ name }) => name).join()) {
  throw new Error(`${file} has other columns than the data set "wdbc": train on wdbc, or read your own table here`);
}

// Any value of a model can be differentiated: the file gives out probabilities, and the logits are on the way.
const gradients = differentiate(model, { output: 'logits', withRespectTo: ['table'] });

// The log odds are the positive class's logit less the other one. Rows do not act on one another, so one run serves them all.
const seed = Float32Array.from({ length: count * 2 }, (_, index) => (classNames[index % 2] === positive ? 1 : -1));
const session = await InferenceSession.create(writeModel(gradients));
const results = await session.run({
  table: new Tensor('float32', Float32Array.from(patients.features.data), [count, names.length]),
  'grad/logits': new Tensor('float32', seed, [count, 2]),
});
await session.release();

const changes = names.map((name, column) => {
  const of = (data) => Float64Array.from({ length: count }, (_, row) => data[row * names.length + column]);
  const values = of(patients.features.data);
  const centre = mean(values);
  const deviation = Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
  return { name, change: mean(of(results['grad/table'].data)) * deviation };
});
changes.sort((a, b) => Math.abs(b.change) - Math.abs(a.change));

console.log(`${count} rows. Mean change of the log odds of "${positive}" with one standard deviation more of`);
for (const { name, change } of changes.slice(0, SHOWN)) {
  console.log(`  ${name.padEnd(24)} ${change < 0 ? '' : '+'}${change.toFixed(3)}`);
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
