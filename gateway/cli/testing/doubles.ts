/** For tests: surroundings without a process, a terminal, a clock or a thread. */
import type { Fault } from '../../../actors/workflow/index.js';
import type { EndSignal } from '../exit-codes.js';
import type { Catalogue, Clock, Engine, Output, Signals, Surroundings } from '../surroundings.js';

/** A promise that the test itself fulfils. */
export interface Deferred<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
}

export function deferred<Value = void>(): Deferred<Value> {
  let resolve: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}

export interface CapturedOutput extends Output {
  /** Everything that was written. */
  readonly text: string;
  /** One entry a call. */
  readonly writes: readonly string[];
}

export function capturedOutput(
  of: { readonly isTerminal?: boolean; readonly columns?: number; readonly rows?: number } = {},
): CapturedOutput {
  const writes: string[] = [];
  return {
    write: (text) => void writes.push(text),
    isTerminal: of.isTerminal ?? false,
    columns: of.columns,
    rows: of.rows,
    writes,
    get text() {
      return writes.join('');
    },
  };
}

export interface ManualClock extends Clock {
  /** Lets time pass: what falls due is called in its order, at its own time. */
  advance(ms: number): void;
  /** Calls that wait. */
  readonly waiting: number;
}

export function manualClock(start = 0): ManualClock {
  let now = start;
  const due = new Set<{ readonly at: number; readonly call: () => void }>();
  return {
    now: () => now,
    after(ms, call) {
      const entry = { at: now + ms, call };
      due.add(entry);
      return () => void due.delete(entry);
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const [next] = [...due].filter(({ at }) => at <= end).sort((left, right) => left.at - right.at);
        if (next === undefined) break;
        due.delete(next);
        now = Math.max(now, next.at);
        next.call();
      }
      now = end;
    },
    get waiting() {
      return due.size;
    },
  };
}

export interface ManualSignals extends Signals {
  send(signal: EndSignal): void;
  /** How many listen. */
  readonly listeners: number;
}

export function manualSignals(): ManualSignals {
  const listeners = new Set<(signal: EndSignal) => void>();
  return {
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    send: (signal) => {
      for (const listener of [...listeners]) listener(signal);
    },
    get listeners() {
      return listeners.size;
    },
  };
}

/** A catalogue that finds these faults in every workflow. */
export function catalogueWith(faults: readonly Fault[] = [], types: Record<string, unknown>[] = []): Catalogue {
  return { nodeTypes: () => types, validate: () => faults };
}

/** An engine in which everything that the test does not give is an error. */
export function engineOf(parts: Partial<Engine>): Engine {
  const missing = (what: string) => async (): Promise<never> => {
    throw new Error(`the test gave no ${what}`);
  };
  return {
    createRuntime: missing('createRuntime'),
    serve: missing('serve'),
    catalogue: async () => catalogueWith(),
    doctorChecks: missing('doctorChecks'),
    ...parts,
  };
}

export interface TestSurroundings extends Surroundings {
  readonly stdout: CapturedOutput;
  readonly stderr: CapturedOutput;
  readonly clock: ManualClock;
  readonly signals: ManualSignals;
}

export function surroundingsWith(
  engine: Partial<Engine>,
  given: Partial<Omit<TestSurroundings, 'engine'>> = {},
): TestSurroundings {
  return {
    stdout: capturedOutput(),
    stderr: capturedOutput(),
    environment: {},
    workingDirectory: '/nowhere',
    clock: manualClock(),
    signals: manualSignals(),
    version: '1.2.3',
    processId: 4711,
    ...given,
    engine: engineOf(engine),
  };
}
