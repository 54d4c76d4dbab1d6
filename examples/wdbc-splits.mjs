// How much a test figure depends on the split: the workflow of wdbc.json, once for each of 15 seeds.
// node examples/wdbc-splits.mjs
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRuntime } from 'ganglion';

const workflow = JSON.parse(readFileSync(new URL('./wdbc.json', import.meta.url), 'utf8'));
const dataDir = mkdtempSync(join(tmpdir(), 'ganglion-splits-'));
const runtime = await createRuntime({ dataDir });
const areas = [];
try {
  for (let seed = 0; seed < 15; seed++) {
    workflow.nodes.find(({ id }) => id === 'split').data.config.seed = seed;
    const run = await runtime.start(workflow);
    const { outputs, error } = await run.result;
    if (error) throw new Error(error);
    const { value } = outputs.evaluate.metrics.auc;
    areas.push(value);
    console.log(`seed ${String(seed).padStart(2)}  test AUC ${value.toFixed(4)}`);
  }
} finally {
  await runtime.close();
  rmSync(dataDir, { recursive: true, force: true });
}
const mean = areas.reduce((sum, area) => sum + area, 0) / areas.length;
console.log(
  `mean ${mean.toFixed(4)}, lowest ${Math.min(...areas).toFixed(4)}, highest ${Math.max(...areas).toFixed(4)}`,
);
