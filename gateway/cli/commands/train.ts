/** `ganglion train FILE`: trains a network from the request of a job, shows its epochs live, and sums up the test. */
import { resolve } from 'node:path';
import { parse, trainingStart } from '../../../actors/contract/index.js';
import type { JobStatus } from '../../../actors/runtime-types.js';
import { paintFor, plainPaint } from '../colour.js';
import { EXIT } from '../exit-codes.js';
import { describeFailure, faultLinesOf } from '../failure.js';
import { jobSummary } from '../job-summary.js';
import { jobView } from '../job-view.js';
import { readJsonFile, refuseOtherKind } from '../json-file.js';
import { objectOf } from '../json-value.js';
import type { Surroundings } from '../surroundings.js';
import { TrainingProgress } from '../training-progress.js';
import { runSession, type WorkFlags } from '../work-session.js';

/** @returns the exit code */
export async function trainModel(path: string, flags: WorkFlags, surroundings: Surroundings): Promise<number> {
  const { stdout, stderr, environment, workingDirectory } = surroundings;
  const file = resolve(workingDirectory, path);
  const request = await readJsonFile(file);
  refuseOtherKind(request, 'request', file);
  const json = flags.json === true;
  const refuse = (error: unknown, issues: unknown): number => {
    stderr.write(describeFailure(error, false));
    if (json) stdout.write(`${JSON.stringify({ detail: issues })}\n`);
    return EXIT.usage;
  };
  // Before a thread starts. What a resumed job leaves out stands in its checkpoint, which the runtime alone may read.
  const parsed = 'resume_from' in objectOf(request) ? undefined : parse(trainingStart, request);
  if (parsed?.ok === false) return refuse({ code: 'invalid', issues: parsed.issues }, parsed.issues);

  const training = new TrainingProgress();
  const output = json ? stderr : stdout;
  try {
    return await runSession<JobStatus>(
      {
        what: 'the job',
        view: jobView(output, surroundings, json),
        async begin(runtime) {
          const job = await runtime.train(request);
          return {
            result: job.result,
            end: () => job.stop(),
            [Symbol.asyncIterator]: () => job[Symbol.asyncIterator](),
          };
        },
        take: (event) => void training.take(event.type, event),
        conclude(status, { dataDir }) {
          if (json) stdout.write(`${JSON.stringify(status)}\n`);
          const paint = json ? plainPaint : paintFor(output, environment);
          for (const line of jobSummary({ status, training, file: path, dataDir }, paint)) output.write(`${line}\n`);
          return status.status === 'completed' ? EXIT.done : EXIT.failed;
        },
      },
      flags,
      surroundings,
    );
  } catch (error) {
    if (faultLinesOf(error) === undefined) throw error;
    return refuse(error, (error as { issues?: unknown }).issues);
  }
}
