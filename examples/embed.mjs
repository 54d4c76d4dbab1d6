/**
 * Ganglion inside a program of your own: runs a workflow, shows its events as they happen, reads its result.
 *
 *   node examples/embed.mjs [DATA_DIR]
 */
import { readFile } from 'node:fs/promises';
import { createRuntime } from 'ganglion';

const [dataDir = '.ganglion'] = process.argv.slice(2);
const workflow = JSON.parse(await readFile(new URL('wdbc.json', import.meta.url), 'utf8'));

// The runtime owns threads: close it, whatever happens. (TypeScript can say `await using runtime = ...` instead.)
const runtime = await createRuntime({ dataDir });
try {
  const faults = runtime.validate(workflow);
  if (faults.length > 0) throw new Error(faults.map(({ message }) => message).join('\n'));

  const run = await runtime.start(workflow);
  for await (const event of run) {
    if (event.type === 'node_progress' && event.seq !== undefined) console.log(event.seq, event.node_id, event.status);
    if (event.type === 'node_event' && event.event === 'epoch_completed' && event.best) {
      console.log(event.seq, 'epoch', event.epoch, 'validation loss', event.metrics.val_loss.toFixed(4));
    }
  }

  const { status, outputs } = await run.result;
  const { value, low, high } = outputs.evaluate.metrics.auc;
  console.log(`${status}: AUC ${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`);
  console.log(`model: ${outputs.export.export_path}`);
} finally {
  await runtime.close();
}
