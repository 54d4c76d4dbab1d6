/** `ganglion validate FILE`: every fault of a workflow at once. Starts nothing and needs no data directory. */
import { resolve } from 'node:path';
import { nodeModulesOf, type RuntimeFlags } from '../arguments.js';
import { paintFor } from '../colour.js';
import { EXIT } from '../exit-codes.js';
import { describeFailure } from '../failure.js';
import { readJsonFile, refuseOtherKind } from '../json-file.js';
import { objectOf } from '../json-value.js';
import { counted } from '../quantities.js';
import type { Surroundings } from '../surroundings.js';

export interface ValidateFlags extends Pick<RuntimeFlags, 'nodes'> {
  readonly json?: boolean;
}

/** @returns the exit code */
export async function validateWorkflow(
  path: string,
  flags: ValidateFlags,
  surroundings: Surroundings,
): Promise<number> {
  const { stdout, stderr, environment, workingDirectory, engine } = surroundings;
  const file = resolve(workingDirectory, path);
  const workflow = await readJsonFile(file);
  refuseOtherKind(workflow, 'workflow', file);
  const catalogue = await engine.catalogue(nodeModulesOf(flags, workingDirectory));
  const errors = catalogue.validate(workflow);
  if (flags.json === true) stdout.write(`${JSON.stringify({ valid: errors.length === 0, errors })}\n`);
  if (errors.length > 0) {
    stderr.write(describeFailure({ code: 'invalid', faults: errors }, false));
    return EXIT.usage;
  }
  if (flags.json !== true) {
    const { nodes, edges } = objectOf(workflow);
    const count = (list: unknown): number => (Array.isArray(list) ? list.length : 0);
    const paint = paintFor(stdout, environment);
    stdout.write(
      `${paint('good', 'valid')}: ${file} (${counted(count(nodes), 'node')}, ${counted(count(edges), 'edge')})\n`,
    );
  }
  return EXIT.done;
}
