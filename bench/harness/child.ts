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
import { CHILD_START_DEADLINE } from './defaults.js';
import { type LineChildSettings, startLineChild } from './line-child.js';
import type { Absent, Contestant, Round } from './suite.js';

export interface ChildSettings extends LineChildSettings {
  /** The field of an answer that holds the figure. */
  readonly field?: string;
  /** Limit in ms for being ready. That of a round is the row's. */
  readonly startDeadline?: number;
  /** Shown every line of the child, for what it says beyond its figure. What it throws refuses the greeting, or fails the round. */
  readonly told?: (line: Readonly<Record<string, unknown>>) => void;
}

/**
 * Starts the child and waits until it is ready.
 * @returns a contestant, or why there is none: the command does not exist, or the child itself said so
 * @throws Error when the child breaks the protocol, ends early or is not ready by its deadline
 */
export async function openChild(settings: ChildSettings): Promise<Contestant | Absent> {
  const { clock, field = 'seconds', startDeadline = CHILD_START_DEADLINE, told } = settings;
  const child = startLineChild(settings);
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
    told?.(greeting);
    return {
      ...(typeof greeting['version'] === 'string' && { version: greeting['version'] }),
      measure: async ({ index, signal }: Round) => {
        const answer = await child.request({ round: index }, signal);
        const figure = answer[field];
        if (typeof figure === 'number') {
          told?.(answer);
          return figure;
        }
        throw new Error(`an answer must be {"${field}": number}, not ${JSON.stringify(answer)}`);
      },
      close: async () => void (await child.stop()),
    };
  } catch (error) {
    await child.stop();
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { absent: `${settings.command} is not installed` };
    throw new Error(`${settings.command} ${settings.args.join(' ')}: ${(error as Error).message}`, { cause: error });
  }
}
