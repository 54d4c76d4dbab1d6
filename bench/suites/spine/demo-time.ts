/** `demo_time`: from the start of the command to its end, as a newcomer sees it: Node's start, training and test included. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, secondsOf } from '../../harness/clock.js';
import type { RowPlan, SuiteContext } from '../../harness/suite.js';
import { withTemporaryFolder } from '../../harness/temporary-folder.js';

/** Characters of standard error that a failure quotes. */
const QUOTED = 2000;

export function demoTime({ root, clock }: SuiteContext): RowPlan {
  return {
    name: 'demo_time',
    about: 'wall time of ganglion run examples/wdbc.json --json, each time in a process and a folder of its own',
    unit: 'seconds',
    better: 'lower',
    open() {
      const program = join(root, 'dist', 'cli.js');
      const workflow = join(root, 'examples', 'wdbc.json');
      for (const path of [program, workflow]) {
        if (!existsSync(path)) throw new Error(`${path} does not exist: run npm run build in a checkout`);
      }
      return { measure: ({ signal }) => timeRun(clock, [program, 'run', workflow, '--json'], signal) };
    },
  };
}

/**
 * Wall time in seconds of one run of a Node program that prints a workflow's result.
 * @throws Error when it ends otherwise than well, or when a node's output came from a cache
 */
export async function timeRun(clock: Clock, args: readonly string[], signal: AbortSignal): Promise<number> {
  // An empty folder to run in: no store and no cached output of an earlier round.
  return withTemporaryFolder(async (folder) => {
    let output = '';
    const seconds = await secondsOf(clock, async () => {
      output = await standardOutput(args, folder, signal);
    });
    checkResult(output);
    return seconds;
  });
}

function standardOutput(args: readonly string[], cwd: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    // SIGKILL: a run that hangs must not outlive its round, and it leaves nothing but its own folder.
    const child = spawn(process.execPath, args, {
      cwd,
      signal,
      killSignal: 'SIGKILL',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-QUOTED);
    });
    let failure: Error | undefined;
    child.on('error', (error) => {
      failure = error;
    });
    // Not at `error`: the folder must not be removed under a process that still runs.
    child.on('close', (code, killedBy) => {
      if (failure) reject(failure);
      else if (code === 0) resolve(output);
      else reject(new Error(`node ${args.join(' ')} ended with ${killedBy ?? `code ${code}`}: ${errors.trim()}`));
    });
  });
}

interface RunResult {
  readonly status?: unknown;
  readonly error?: unknown;
  readonly executions?: Readonly<Record<string, { readonly cached?: unknown }>>;
}

/** @throws Error unless the output is the result of a run that succeeded and computed every node anew */
function checkResult(output: string): void {
  const result = parseResult(output);
  if (result.status !== 'success') {
    throw new Error(`the demo ended with status ${JSON.stringify(result.status)}: ${JSON.stringify(result.error)}`);
  }
  const cached = Object.entries(result.executions ?? {}).filter(([, execution]) => execution.cached === true);
  if (cached.length > 0) {
    throw new Error(`the demo took ${cached.map(([id]) => id).join(', ')} from a cache: that is not the time of a run`);
  }
}

/** The result is the whole output, or its last line when events came before it. */
function parseResult(output: string): RunResult {
  const text = output.trim();
  for (const candidate of [text, text.slice(text.lastIndexOf('\n') + 1)]) {
    try {
      const value: unknown = JSON.parse(candidate);
      if (typeof value === 'object' && value !== null) return value;
    } catch {
      // Not this one.
    }
  }
  throw new Error(`the demo must print its result as JSON, not ${JSON.stringify(text.slice(-200))}`);
}
