/**
 * A contestant that lives in a process of its own, for instance in Python. The process is started once and answers one
 * line of JSON a round, so that its start and its imports are not measured:
 *
 *     child    {"ready": true, "version": "2.5.1"}     once; or {"absent": "why"} when it cannot take part
 *     harness  {"round": -1}                           negative for a warm-up
 *     child    {"seconds": 0.0123}                     its own time for the work; or {"error": "what went wrong"}
 *
 * When its input ends, the child ends. Only these lines go to its standard output; everything else to standard error,
 * whose end is quoted when the child fails.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Clock } from './clock.js';
import { CHILD_START_DEADLINE, CHILD_STOP_DEADLINE } from './defaults.js';
import type { Absent, Contestant, Round } from './suite.js';

export interface ChildSettings {
  readonly command: string;
  readonly args: readonly string[];
  /** Over the environment of this process: threads, seeds. */
  readonly env?: Readonly<Record<string, string>>;
  /** The field of an answer that holds the figure. */
  readonly field?: string;
  readonly clock: Clock;
  /** Limits in ms. That of a round is the row's. */
  readonly startDeadline?: number;
  readonly stopDeadline?: number;
}

/** Bytes of standard error that a failure quotes. */
const QUOTED = 2000;

/**
 * Starts the child and waits until it is ready.
 * @returns a contestant, or why there is none: the command does not exist, or the child itself said so
 * @throws Error when the child breaks the protocol, ends early or is not ready by its deadline
 */
export async function openChild(settings: ChildSettings): Promise<Contestant | Absent> {
  const { clock, field = 'seconds', startDeadline = CHILD_START_DEADLINE } = settings;
  const child = startChild(settings);
  try {
    const late = new AbortController();
    const cancel = clock.after(startDeadline, () => late.abort(new Error(`not ready within ${startDeadline} ms`)));
    const greeting = await child.answer(late.signal).finally(cancel);
    if (typeof greeting['absent'] === 'string') {
      await child.stop();
      return { absent: greeting['absent'] };
    }
    if (greeting['ready'] !== true) {
      throw new Error(`the first line must be {"ready": true}, not ${JSON.stringify(greeting)}`);
    }
    return {
      ...(typeof greeting['version'] === 'string' && { version: greeting['version'] }),
      measure: async ({ index, signal }: Round) => {
        child.ask({ round: index });
        const answer = await child.answer(signal);
        if ('error' in answer) throw new Error(String(answer['error']));
        const figure = answer[field];
        if (typeof figure === 'number') return figure;
        throw new Error(`an answer must be {"${field}": number}, not ${JSON.stringify(answer)}`);
      },
      close: child.stop,
    };
  } catch (error) {
    await child.stop();
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { absent: `${settings.command} is not installed` };
    throw new Error(`${settings.command} ${settings.args.join(' ')}: ${(error as Error).message}`, { cause: error });
  }
}

interface RunningChild {
  /** Sends a line. @throws Error when a line of the child waits that nobody asked for: it would pass for the answer */
  ask(message: object): void;
  /** The next line. Rejects when the child ended, when the line is no JSON object, or by the signal. */
  answer(signal: AbortSignal): Promise<Record<string, unknown>>;
  /** Ends the child: first by the end of its input, then by SIGTERM, at last by SIGKILL. Resolves when it is gone. */
  stop(): Promise<void>;
}

function startChild(settings: ChildSettings): RunningChild {
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
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.on('error', (error) => {
      // `error` also comes when a signal could not be sent; only a child without a process id never began.
      if (child.pid !== undefined) return;
      finish(error);
      resolve();
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
  return {
    ask(message) {
      if (lines.length > 0) throw new Error(`the child answered without being asked: ${lines[0]!.slice(0, 200)}`);
      child.stdin.write(`${JSON.stringify(message)}\n`);
    },
    answer: async (signal) => parseAnswer(await nextLine(signal)),
    async stop() {
      child.stdin.end();
      const cancels = [
        clock.after(stopDeadline, () => child.kill('SIGTERM')),
        clock.after(2 * stopDeadline, () => child.kill('SIGKILL')),
      ];
      await gone;
      for (const cancel of cancels) cancel();
      child.stdout.destroy();
      child.stderr.destroy();
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
