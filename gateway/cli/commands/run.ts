/** `ganglion run FILE`: runs a workflow, shows it live, and sums up what came out. */
import { resolve } from 'node:path';
import { invalidResult, type RunResult } from '../../../actors/workflow/index.js';
import { nodeModulesOf } from '../arguments.js';
import { paintFor, plainPaint } from '../colour.js';
import { EXIT } from '../exit-codes.js';
import { describeFailure, faultLinesOf } from '../failure.js';
import { readJsonFile, refuseOtherKind } from '../json-file.js';
import { isObject, type JsonObject, objectOf, textOf } from '../json-value.js';
import { runSummary } from '../run-summary.js';
import { runView } from '../run-view.js';
import type { Surroundings } from '../surroundings.js';
import { runSession, type WorkFlags } from '../work-session.js';

/** Type of each node of a workflow by its id. */
function typesOf(workflow: unknown): ReadonlyMap<string, string> {
  const { nodes } = objectOf(workflow);
  if (!Array.isArray(nodes)) return new Map();
  return new Map(nodes.filter(isObject).map(({ id, type }) => [String(id), textOf(type) ?? '']));
}

/** @returns the exit code */
export async function runWorkflow(path: string, flags: WorkFlags, surroundings: Surroundings): Promise<number> {
  const { stdout, stderr, environment, workingDirectory, engine } = surroundings;
  const file = resolve(workingDirectory, path);
  const workflow = await readJsonFile(file);
  refuseOtherKind(workflow, 'workflow', file);
  // Before a thread starts or a data directory is made: most faults are found here.
  const catalogue = await engine.catalogue(nodeModulesOf(flags, workingDirectory));
  const faults = catalogue.validate(workflow);

  const json = flags.json === true;
  const types = typesOf(workflow);
  if (faults.length > 0) {
    return refuse({ code: 'invalid', faults }, surroundings, json ? invalidResult(faults, types.size) : undefined);
  }
  const reports = new Map<string, JsonObject>();
  const output = json ? stderr : stdout;
  try {
    return await runSession<RunResult>(
      {
        what: 'the run',
        view: runView({ output, types, plain: json }, surroundings),
        async begin(runtime) {
          const run = await runtime.start(workflow);
          return {
            result: run.result,
            end: () => run.cancel(),
            [Symbol.asyncIterator]: () => run[Symbol.asyncIterator](),
          };
        },
        take(event) {
          if (event.type === 'node_event' && event['event'] === 'report') reports.set(String(event['node_id']), event);
        },
        conclude(result, { dataDir }) {
          if (json) stdout.write(`${JSON.stringify(result)}\n`);
          for (const line of runSummary(
            { result, types, reports, dataDir },
            json ? plainPaint : paintFor(output, environment),
          ))
            output.write(`${line}\n`);
          return result.status === 'success' ? EXIT.done : EXIT.failed;
        },
      },
      flags,
      surroundings,
    );
  } catch (error) {
    if (faultLinesOf(error) === undefined) throw error;
    return refuse(error, surroundings, json ? (error as { result?: unknown }).result : undefined);
  }
}

/** An invalid workflow: every fault in a line of its own; the answer for programs on standard output. */
function refuse(error: unknown, { stderr, stdout }: Surroundings, result?: unknown): number {
  stderr.write(describeFailure(error, false));
  if (result !== undefined) stdout.write(`${JSON.stringify(result)}\n`);
  return EXIT.usage;
}
