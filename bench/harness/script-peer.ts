/** A peer that a script in `bench/peers/` speaks for: `.mjs` runs on Node, `.py` in the Python that the installer put there. */
import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import { type ChildSettings, openChild } from './child.js';
import type { Absent, Contestant, Peer, SuiteContext } from './suite.js';

export interface ScriptPeer {
  /** The name in the installer's table: what an absent peer's reason tells the reader to install. */
  readonly name: string;
  /** File in `bench/peers/`, with the ending `.mjs` or `.py`. It speaks the protocol of `openChild`. */
  readonly script: string;
  /** Handed to the script after its path. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The field of an answer that holds the figure; `seconds` unless given. */
  readonly field?: string;
  /** Limit in ms for being ready. */
  readonly startDeadline?: number;
  /** Shown every line of the script: see `openChild`. */
  readonly told?: ChildSettings['told'];
}

/** The environment variable that names another Python than the installer's. */
export const PYTHON_VARIABLE = 'GANGLION_BENCH_PYTHON';

export function scriptPeer(peer: ScriptPeer, { root, clock }: SuiteContext, environment = process.env): Peer {
  return {
    name: peer.name,
    async open(): Promise<Contestant | Absent> {
      const folder = join(root, 'bench', 'peers');
      const path = join(folder, peer.script);
      if (!existsSync(path)) return { absent: `${path} does not exist: run the benchmark from a checkout` };
      const command = interpreter(path, folder, environment);
      const advice = `node ${join('bench', 'peers', 'install.mjs')} ${peer.name}`;
      if (!existsSync(command)) return { absent: `there is no Python at ${command}; to get it: ${advice}` };
      const opened = await openChild({
        command,
        args: [path, ...(peer.args ?? [])],
        clock,
        ...(peer.env && { env: peer.env }),
        ...(peer.field !== undefined && { field: peer.field }),
        ...(peer.startDeadline !== undefined && { startDeadline: peer.startDeadline }),
        ...(peer.told && { told: peer.told }),
      });
      return 'absent' in opened ? { absent: `${opened.absent}; to get it: ${advice}` } : opened;
    },
  };
}

function interpreter(path: string, folder: string, environment: NodeJS.ProcessEnv): string {
  if (extname(path) === '.mjs') return process.execPath;
  if (extname(path) !== '.py') throw new Error(`${path}: a peer's script ends in .mjs or .py`);
  const own = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
  return environment[PYTHON_VARIABLE] ?? join(folder, '.venv', ...own);
}
