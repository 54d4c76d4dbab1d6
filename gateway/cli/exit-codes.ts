/** What the process ends with. */
import { constants } from 'node:os';

export const EXIT = {
  /** What was asked for was done. */
  done: 0,
  /** The run or the job failed, or something of this machine does not work. */
  failed: 1,
  /** Wrong options, a file that cannot be read, a workflow or a request that is not valid: nothing was begun. */
  usage: 2,
} as const;

/** Signals that end a command in good order. */
export const END_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type EndSignal = (typeof END_SIGNALS)[number];

/** 130 after SIGINT, 143 after SIGTERM: what shells expect of a process that a signal ended. */
export function exitCodeOf(signal: EndSignal): number {
  return 128 + constants.signals[signal];
}
