/** Everything a command touches outside itself, handed in: tests give doubles, `main.ts` the real things. */
import type { Runtime, RuntimeOptions } from '../../actors/runtime-types.js';
import type { DoctorCheck } from './doctor/check.js';
import type { EndSignal } from './exit-codes.js';

/** Standard output or standard error. */
export interface Output {
  write(text: string): void;
  /** A person watches it. */
  readonly isTerminal: boolean;
  /** Characters a line, lines a screen; `undefined` when nobody knows. Both change when the window does. */
  readonly columns: number | undefined;
  readonly rows: number | undefined;
}

export interface Clock {
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  /** Calls once after `ms` milliseconds. @returns takes it back */
  after(ms: number, call: () => void): () => void;
}

/** Where the signals come from that ask a command to end. */
export interface Signals {
  /** @returns stops listening; the signals then do again what they do by themselves */
  listen(listener: (signal: EndSignal) => void): () => void;
}

/** What can be asked without starting anything: no thread, no data directory. */
export type Catalogue = Pick<Runtime, 'nodeTypes' | 'validate'>;

export interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly allowedHosts?: readonly string[];
  readonly corsOrigins?: readonly string[];
}

export interface Served {
  readonly url: string;
  readonly port: number;
  /** Resolves when the gateway has ended; with the error, when it died by itself. */
  readonly ended: Promise<Error | undefined>;
  close(): Promise<void>;
}

/** The rest of the package, loaded when a command needs it: `--help` must not wait for ONNX Runtime. */
export interface Engine {
  createRuntime(options: RuntimeOptions): Promise<Runtime>;
  serve(runtime: Runtime, options: ServeOptions): Promise<Served>;
  /** @param nodes modules with node types of the user */
  catalogue(nodes: readonly string[]): Promise<Catalogue>;
  doctorChecks(options: { readonly dataDir: string; readonly signal: AbortSignal }): Promise<readonly DoctorCheck[]>;
}

export interface Surroundings {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Relative paths start here. */
  readonly workingDirectory: string;
  readonly clock: Clock;
  readonly signals: Signals;
  readonly version: string;
  readonly processId: number;
  readonly engine: Engine;
}
