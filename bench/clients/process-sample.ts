/** What a process holds at one moment. On Linux also its threads and open files. */
import { readdirSync } from 'node:fs';

export interface ProcessSample {
  /** Bytes. The heap and what hangs on it are those of the thread that asks; the resident size is the process's. */
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly arrayBuffers: number;
  /** Sockets, timers, ports and the like that keep the event loop alive. */
  readonly handles: number;
  /** `null` where the system does not tell. */
  readonly threads: number | null;
  readonly openFiles: number | null;
}

/** Collects garbage first, where Node was started with `--expose-gc`. */
export function sampleProcess(): ProcessSample {
  globalThis.gc?.();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  return {
    rss,
    heapUsed,
    external,
    arrayBuffers,
    handles: process.getActiveResourcesInfo().length,
    threads: entriesOf('/proc/self/task'),
    openFiles: entriesOf('/proc/self/fd'),
  };
}

function entriesOf(folder: string): number | null {
  try {
    return readdirSync(folder).length;
  } catch {
    return null;
  }
}
