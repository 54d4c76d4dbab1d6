/** Programs that embed the runtime and call `process.exit(0)` in the middle of training: nothing may abort. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { random } from '../../../learn/random.js';
import type { Experiment, SuiteContext } from '../../harness/suite.js';
import { withTemporaryFolder } from '../../harness/temporary-folder.js';
import type { ServerExit } from '../../server/ganglion-server.js';
import { describeExit, isCrash } from './end-of-process.js';
import { Findings } from './findings.js';

const EXITS = 40;
const QUICK_EXITS = 12;
const DEADLINE = 10 * 60_000;
const SEED = 44;
/** Up to so many ms after the jobs began: from before their sessions exist to the middle of training. */
const MOMENTS = 1500;
/** If the hook that makes a program exit while a native module is loaded never fires, the program exits after so many ms. */
const NEVER_LOADED = 10_000;

export function exits({ root, quick }: SuiteContext): Experiment {
  const count = quick ? QUICK_EXITS : EXITS;
  const about = `of ${count} programs that call process.exit(0) while two jobs train: half at a random moment, half while ONNX Runtime is being loaded`;
  const row = { unit: 'failures', better: 'lower', floor: { value: 0 } } as const;
  return {
    rows: [
      { name: 'exit_bad_codes', about: `${about}: those that ended otherwise than with code 0`, ...row },
      { name: 'exit_aborts', about: `${about}: those that a crash in native code ended`, ...row },
    ],
    exact: true,
    deadline: DEADLINE,
    open() {
      const findings = new Findings(['exit_bad_codes', 'exit_aborts']);
      return {
        async measure({ signal }) {
          const draws = random(SEED, 0);
          const folder = join(root, 'bench', 'suites', 'endurance');
          const program = join(folder, 'exit-in-training.mjs');
          const hook = ['--require', join(folder, 'exit-at-load.cjs')];
          for (let number = 0; number < count; number++) {
            const atLoad = number % 2 === 0;
            const delay = atLoad ? NEVER_LOADED : Math.round(MOMENTS * draws.uniform());
            const exit = await withTemporaryFolder((dataDir) =>
              runProgram([...(atLoad ? hook : []), program, dataDir, String(delay)], signal),
            );
            const moment = atLoad ? 'while ONNX Runtime was loaded' : `after ${delay} ms`;
            if (exit.code !== 0) findings.add('exit_bad_codes', `${moment}: ${describeExit(exit)}`);
            if (isCrash(exit)) findings.add('exit_aborts', moment);
          }
          return findings.counts();
        },
        note: (name) => findings.note(name as 'exit_bad_codes' | 'exit_aborts'),
      };
    },
  };
}

/** Runs a Node program to its end. */
export function runProgram(args: readonly string[], signal: AbortSignal): Promise<ServerExit> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      signal,
      killSignal: 'SIGKILL',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-4000);
    });
    let failure: Error | undefined;
    child.on('error', (error) => {
      failure = error;
    });
    // Not at `error`: the folder must not be removed under a process that still runs.
    child.on('close', (code, killedBy) => {
      if (failure) reject(failure);
      else resolve({ code, signal: killedBy, errors: errors.trim() });
    });
  });
}
