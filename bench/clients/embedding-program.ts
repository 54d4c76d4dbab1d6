/** A program that opens a runtime, trains, and closes it, again and again in one process: what does each leave behind? */
import { join } from 'node:path';
import { createRuntime } from '../../actors/index.js';
import { answerLines } from '../harness/answer-lines.js';
import { SMALL_JOB } from '../server/job-requests.js';
import { sampleProcess } from './process-sample.js';

/** The data directory is the first argument after the program's name. Every line is a runtime of its own. */
export async function embeddingProgram(): Promise<void> {
  const [dataDir] = process.argv.slice(4);
  if (dataDir === undefined) throw new Error('name the data directory');
  await answerLines(async ({ round }) => {
    const runtime = await createRuntime({ dataDir: join(dataDir, String(round)) });
    try {
      const jobs = [await runtime.train(SMALL_JOB), await runtime.train(SMALL_JOB)];
      // Closed in the middle of training, as a program does that has seen enough.
      await Promise.all(jobs.map(trains));
    } finally {
      await runtime.close();
    }
    return sampleProcess();
  });
}

async function trains(job: AsyncIterable<{ readonly type: string }>): Promise<void> {
  for await (const { type } of job) if (type === 'batch_progress') return;
}
