/** How much memory this process held at the most. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Bytes that are resident now, after a collection where Node was started with `--expose-gc`. */
export function residentMemory(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

/**
 * Forgets the peak so far: what the building of a graph took is not what training takes.
 * @returns whether the system can
 */
export function restartPeak(): boolean {
  globalThis.gc?.();
  try {
    // Linux, proc(5): writing 5 sets the peak to what is resident now.
    writeFileSync('/proc/self/clear_refs', '5');
    return true;
  } catch {
    return false;
  }
}

/** Bytes that were resident at the most since {@link restartPeak}, or since the start of the process. */
export function peakMemory(): number {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    if (line) return Number(line[1]) * 1024;
  } catch {
    // Another system: Node knows the peak since the start of the process.
  }
  return process.resourceUsage().maxRSS * 1024;
}
