/** The product as its users start it: `ganglion serve` in a process of its own, at the head of a process group of its own. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../harness/clock.js';
import type { ChildExit } from '../harness/line-child.js';

/** Limit for a server to listen, and for one to end after SIGTERM, in ms. */
const START_DEADLINE = 60_000;
const STOP_DEADLINE = 60_000;
/** Bytes of standard error that are kept. */
const QUOTED = 4000;

export interface ServerSettings {
  readonly root: string;
  readonly dataDir: string;
  readonly clock: Clock;
  /** Modules with node types of the bench's own. */
  readonly nodes?: readonly string[];
  /** The program to start instead of the project's command line. */
  readonly program?: string;
}

export interface ServerExit extends ChildExit {
  /** Its last words on standard error. */
  readonly errors: string;
}

export interface GanglionServer {
  /** For instance `http://127.0.0.1:40123`. */
  readonly url: string;
  readonly pid: number;
  /** Resolves when the process is gone; never rejects. */
  readonly exited: Promise<ServerExit>;
  kill(signal: NodeJS.Signals): void;
  /** Ends it in good order; by SIGKILL if it does not come back. Safe to call on one that has ended. */
  stop(): Promise<ServerExit>;
  /** Whether a process that it started outlives it. Only to be asked after it has ended. */
  leftProcesses(): boolean;
}

/** @throws Error when it ends, or does not listen in time */
export async function startServer(settings: ServerSettings): Promise<GanglionServer> {
  const { root, dataDir, clock, nodes = [], program = join(root, 'dist', 'cli.js') } = settings;
  if (!existsSync(program)) throw new Error(`${program} does not exist: run npm run build in a checkout`);
  const modules = nodes.flatMap((module) => ['--nodes', module]);
  const args = [program, 'serve', '--port', '0', '--data-dir', dataDir, ...modules];
  // Detached: a group of its own, so that what it leaves behind can be found by the group.
  const child = spawn(process.execPath, args, { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-QUOTED);
  });
  const exited = new Promise<ServerExit>((resolve) => {
    // `close`, so that its last words are complete.
    child.once('close', (code, signal) => resolve({ code, signal, errors: errors.trim() }));
    child.once('error', (error) => resolve({ code: null, signal: null, errors: error.message }));
  });
  const kill = (signal: NodeJS.Signals): void => void child.kill(signal);
  const stop = async (): Promise<ServerExit> => {
    kill('SIGTERM');
    const cancel = clock.after(STOP_DEADLINE, () => kill('SIGKILL'));
    return exited.finally(cancel);
  };
  let output = '';
  const listening = new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      // Read on after the address has come: a full pipe would stop the server.
      if (output.length < QUOTED) output += text;
      const url = /listening on (http:\/\/\S+)/.exec(output)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
  let cancel = (): void => undefined;
  const late = new Promise<'late'>((resolve) => {
    cancel = clock.after(START_DEADLINE, () => resolve('late'));
  });
  const first = await Promise.race([listening, exited, late]);
  cancel();
  if (typeof first === 'string' && first !== 'late') {
    return { url: first, pid: child.pid!, exited, kill, stop, leftProcesses: () => groupLives(child.pid!) };
  }
  const { code, signal } = await stop();
  const how =
    first === 'late' ? `did not listen within ${START_DEADLINE} ms` : `ended with ${signal ?? `code ${code}`}`;
  throw new Error(`ganglion serve ${how}: ${errors.trim() || 'without a word'}`);
}

function groupLives(leader: number): boolean {
  try {
    process.kill(-leader, 0);
    return true;
  } catch (error) {
    // EPERM: somebody lives there who is not ours, so the number was given out anew.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH' && (error as NodeJS.ErrnoException).code !== 'EPERM';
  }
}
