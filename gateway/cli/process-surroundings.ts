/** The real surroundings: this process, its streams, its clock and its signals. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WriteStream } from 'node:tty';
import { packageRoot } from '../../learn/data/package-root.js';
import { END_SIGNALS, type EndSignal } from './exit-codes.js';
import { installedEngine } from './installed-engine.js';
import type { Output, Signals, Surroundings } from './surroundings.js';

/**
 * A stream that can go away while work is under way: the terminal closes, or `head` has read enough. What is computed is
 * worth more than what is shown, so writing to it then does nothing.
 */
function outputOf(stream: NodeJS.WriteStream): Output {
  let open = true;
  stream.on('error', () => {
    open = false;
  });
  const terminal = stream as WriteStream;
  return {
    write(text) {
      if (open) stream.write(text);
    },
    get isTerminal() {
      return stream.isTTY === true;
    },
    get columns() {
      return terminal.columns;
    },
    get rows() {
      return terminal.rows;
    },
  };
}

const processSignals: Signals = {
  listen(listener) {
    const handlers = END_SIGNALS.map((name) => [name, () => listener(name)] as const satisfies [EndSignal, () => void]);
    for (const [name, handler] of handlers) process.on(name, handler);
    return () => {
      for (const [name, handler] of handlers) process.off(name, handler);
    };
  },
};

function versionOf(root: string): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return version;
}

export function processSurroundings(): Surroundings {
  return {
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    environment: process.env,
    workingDirectory: process.cwd(),
    clock: {
      now: () => performance.now(),
      after(ms, call) {
        const timer = setTimeout(call, ms);
        return () => clearTimeout(timer);
      },
    },
    signals: processSignals,
    version: versionOf(packageRoot()),
    processId: process.pid,
    engine: installedEngine(),
  };
}
