/** What `run` and `train` have in common: a runtime that is opened for one piece of work, watched, and closed whatever happens. */
import { resolve } from 'node:path';
import type { Runtime, WireEvent } from '../../actors/runtime-types.js';
import { type RuntimeFlags, runtimeOptionsOf } from './arguments.js';
import { EventFile } from './event-file.js';
import { EXIT } from './exit-codes.js';
import { CommandFailure, messageOf, oneLine } from './failure.js';
import { follow } from './follow.js';
import { Interruption } from './interruption.js';
import type { ProgressView } from './progress-view.js';
import type { Surroundings } from './surroundings.js';

export interface WorkFlags extends RuntimeFlags {
  readonly json?: boolean;
  readonly events?: string;
}

/** A run or a job that goes on. */
export interface Work<Outcome> extends AsyncIterable<WireEvent> {
  readonly result: Promise<Outcome>;
  /** Asks it to end in good order. */
  end(): Promise<void>;
}

export interface Session<Outcome> {
  readonly view: ProgressView;
  /** What ends by the first signal, for the note: `the run`. */
  readonly what: string;
  /** Begins it. @throws when it is refused */
  begin(runtime: Runtime): Promise<Work<Outcome>>;
  /** Told of every event, before the view. */
  take?(event: WireEvent): void;
  /** Shows what came out, while the runtime is still open. @returns the exit code of work that nobody interrupted */
  conclude(outcome: Outcome, runtime: Runtime): number;
}

/** @returns the exit code */
export async function runSession<Outcome>(
  session: Session<Outcome>,
  flags: WorkFlags,
  surroundings: Surroundings,
): Promise<number> {
  const { view, what } = session;
  const { workingDirectory, engine, signals, processId } = surroundings;
  const options = runtimeOptionsOf(flags, workingDirectory, (message) => view.note(`warning: ${oneLine(message)}`));
  const file = flags.events === undefined ? undefined : await EventFile.open(resolve(workingDirectory, flags.events));
  using interruption = new Interruption(signals, () =>
    view.note(
      `still closing: what is under way is brought to a safe end. (kill -9 ${processId} would not wait for it)`,
    ),
  );
  let exitCode: number = EXIT.done;
  interruption.whenAsked(() => view.note(`stopping ${what} ...`));
  try {
    const runtime = await engine.createRuntime(options);
    try {
      if (interruption.signal.aborted) view.note(`${what} was not begun`);
      else exitCode = await work(session, runtime, interruption, file);
    } finally {
      view.stop();
      await runtime.close();
    }
  } finally {
    view.stop();
    await file?.close();
  }
  if (file?.failure !== undefined) {
    throw new CommandFailure(
      interruption.exitCode ?? EXIT.failed,
      `--events: ${file.path} lacks events (${file.failure.message}); ${what} itself is not affected, its log is complete`,
    );
  }
  return interruption.exitCode ?? exitCode;
}

async function work<Outcome>(
  session: Session<Outcome>,
  runtime: Runtime,
  interruption: Interruption,
  file: EventFile | undefined,
): Promise<number> {
  const { view, what } = session;
  const begun = await session.begin(runtime);
  let ended = false;
  interruption.whenAsked(() => {
    begun.end().catch((error: unknown) => {
      // It may have ended while it was being asked to.
      if (!ended) view.note(`warning: ${what} could not be stopped: ${oneLine(messageOf(error))}`);
    });
  });
  const show = (event: WireEvent): void => {
    session.take?.(event);
    view.take(event);
  };
  const followed = follow(begun, file, show, (reason) =>
    view.note(`warning: progress is not shown any more (${oneLine(reason)}); ${what} goes on`),
  );
  const outcome = await begun.result;
  ended = true;
  await followed;
  view.stop();
  return session.conclude(outcome, runtime);
}
