/** Runs a program in a process of its own, with a deadline: a driver that crashes or hangs takes nothing else with it. */
import { spawn } from 'node:child_process';

/** Characters of standard error that are kept. */
const QUOTED = 1000;

export interface ChildOutcome {
  readonly code: number | null;
  /** Name of the signal that ended it, for instance `SIGSEGV`. */
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a Node program to its end. Never rejects for anything the program does. @throws Error when it cannot be started */
export function runChild(args: readonly string[], deadlineMs: number, signal?: AbortSignal): Promise<ChildOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal && { signal }),
      // A driver that hangs in the kernel does not hear anything softer.
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    let timedOut = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-QUOTED);
    });
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, deadlineMs);
    let failure: Error | undefined;
    child.on('error', (error) => {
      failure = error;
    });
    child.on('close', (code, by) => {
      clearTimeout(timer);
      if (failure !== undefined && failure.name !== 'AbortError') reject(failure);
      else resolve({ code, signal: by, timedOut, stdout, stderr });
    });
  });
}
