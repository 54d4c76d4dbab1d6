/** Programs of the bench that run in processes of their own, by name: `node dist/bench.js --child NAME`. */
import { join } from 'node:path';
import type { Clock } from '../harness/clock.js';
import type { LineChildSettings } from '../harness/line-child.js';

/** A line for each program. They are imported only in their own process. */
export const CLIENTS = {
  'measuring-client': async () => (await import('./measuring-client.js')).measuringClient(),
  'observed-server': async () => (await import('./observed-server.js')).observedServer(),
  'embedding-program': async () => (await import('./embedding-program.js')).embeddingProgram(),
  'training-program': async () => (await import('../suites/training/program.js')).trainingProgram(),
} as const satisfies Record<string, () => Promise<void>>;

export type ClientName = keyof typeof CLIENTS;

/** The first argument that makes a child of the bench's own program. */
export const CHILD_FLAG = '--child';

export function isClient(name: string | undefined): name is ClientName {
  return name !== undefined && Object.hasOwn(CLIENTS, name);
}

/** How to start one of them. @param nodeOptions options of Node itself, for instance `--expose-gc` */
export function clientSettings(
  name: ClientName,
  { root, clock }: { readonly root: string; readonly clock: Clock },
  args: readonly string[] = [],
  nodeOptions: readonly string[] = [],
): LineChildSettings {
  const program = join(root, 'dist', 'bench.js');
  return { command: process.execPath, args: [...nodeOptions, program, CHILD_FLAG, name, ...args], clock };
}
