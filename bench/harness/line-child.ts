/** A process that speaks lines of one JSON object each: a question to its standard input, an answer from its standard output. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Clock } from './clock.js';
import { CHILD_STOP_DEADLINE } from './defaults.js';

export interface LineChildSettings {
  readonly command: string;
  readonly args: readonly string[];
  /** Over the environment of this process: threads, seeds. */
  readonly env?: Readonly<Record<string, string>>;
  readonly clock: Clock;
  /** How long it may take to end by itself, and then again after SIGTERM, in ms. */
  readonly stopDeadline?: number;
}

/** How a process ended: by itself with a code, or by a signal. Neither when it never began. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Bytes of standard error that a failure quotes. */
const QUOTED = 2000;

export interface LineChild {
  readonly pid: number | undefined;
  /**
   * Sends a line and takes the next one as its answer. Rejects as {@link answer} does, and with what the child says in
   * `{"error": ...}`.
   * @throws Error when a line of the child waits that nobody asked for: it would pass for the answer
   */
  request(message: object, signal: AbortSignal): Promise<Record<string, unknown>>;
  /** The next line. Rejects when the child ended, when the line is no JSON object, or by the signal. */
  answer(signal: AbortSignal): Promise<Record<string, unknown>>;
  /** Ends the child: first by the end of its input, then by SIGTERM, at last by SIGKILL. Resolves when it is gone. */
  stop(): Promise<ChildExit>;
}

export function startLineChild(settings: LineChildSettings): LineChild {
  const { command, args, env, clock, stopDeadline = CHILD_STOP_DEADLINE } = settings;
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: 'pipe' });
  const lines: string[] = [];
  let end: Error | undefined;
  let wake = (): void => {};
  let errors = '';
  const finish = (error: Error): void => {
    end ??= error;
    wake();
  };
  // A child that is gone is reported by `close`, with its last words; a broken pipe says less.
  child.stdin.on('error', () => {});
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-QUOTED);
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    wake();
  });
  child.on('close', (code, signal) => {
    const words = errors.trim();
    const how = signal ? `by ${signal}` : `with code ${code}`;
    finish(new Error(`the child process ended ${how}${words ? `; its last words:\n${words}` : ' without a word'}`));
  });
  // `exit`, not `close`: a process that the child left behind may hold the pipes open for ever.
  const gone = new Promise<ChildExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.on('error', (error) => {
      // `error` also comes when a signal could not be sent; only a child without a process id never began.
      if (child.pid !== undefined) return;
      finish(error);
      resolve({ code: null, signal: null });
    });
  });
  const nextLine = (signal: AbortSignal): Promise<string> =>
    new Promise((resolve, reject) => {
      const settle = (): void => {
        const line = lines.shift();
        if (line === undefined && !end && !signal.aborted) return;
        wake = () => {};
        signal.removeEventListener('abort', settle);
        if (line !== undefined) resolve(line);
        else reject(end ?? signal.reason);
      };
      wake = settle;
      signal.addEventListener('abort', settle, { once: true });
      settle();
    });
  const answer = async (signal: AbortSignal) => parseAnswer(await nextLine(signal));
  return {
    pid: child.pid,
    async request(message, signal) {
      if (lines.length > 0) throw new Error(`the child answered without being asked: ${lines[0]!.slice(0, 200)}`);
      child.stdin.write(`${JSON.stringify(message)}\n`);
      const reply = await answer(signal);
      if ('error' in reply) throw new Error(String(reply['error']));
      return reply;
    },
    answer,
    async stop() {
      child.stdin.end();
      const cancels = [
        clock.after(stopDeadline, () => child.kill('SIGTERM')),
        clock.after(2 * stopDeadline, () => child.kill('SIGKILL')),
      ];
      const exit = await gone;
      for (const cancel of cancels) cancel();
      child.stdout.destroy();
      child.stderr.destroy();
      return exit;
    },
  };
}

function parseAnswer(line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(
      `standard output is for lines of one JSON object only, not for ${JSON.stringify(line.slice(0, 200))}: print to standard error`,
    );
  }
  return value as Record<string, unknown>;
}
