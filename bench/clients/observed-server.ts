/** A server that tells what its process holds: a runtime with its gateway, and a sample for every line that it reads. */
import { createRuntime } from '../../actors/index.js';
import { serve } from '../../gateway/index.js';
import { answerLines } from '../harness/answer-lines.js';
import { sampleProcess } from './process-sample.js';

/** The data directory is the first argument after the program's name. Ends with its input. */
export async function observedServer(): Promise<void> {
  const [dataDir] = process.argv.slice(4);
  if (dataDir === undefined) throw new Error('name the data directory');
  const runtime = await createRuntime({ dataDir });
  try {
    const { url } = await serve(runtime, { port: 0 });
    await answerLines(({ do: what }) => (what === 'where' ? { url } : sampleProcess()));
  } finally {
    await runtime.close();
  }
}
