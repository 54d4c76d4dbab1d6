/** How a process ended, judged. */
import type { ServerExit } from '../../server/ganglion-server.js';

/** Signals with which a process dies of a fault of its own. */
const CRASHES: ReadonlySet<string> = new Set(['SIGABRT', 'SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP']);

/** Whether native code took the process down: such a signal, or the code 128 + 6 that a shell makes of SIGABRT. */
export function isCrash({ code, signal }: Pick<ServerExit, 'code' | 'signal'>): boolean {
  return code === 134 || code === 139 || (signal !== null && CRASHES.has(signal));
}

export function describeExit({ code, signal, errors }: ServerExit): string {
  const words = errors === '' ? 'without a word' : errors.slice(-300).replaceAll('\n', ' | ');
  return `${signal ?? `code ${code}`}, ${words}`;
}
