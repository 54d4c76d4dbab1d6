/** What an agent has to tell: collected in columns, and sent together. */

import type { Described } from '../../values/describe.js';
import type { NodeFailure, Report, Values } from '../messages.js';
import type { Ending } from './ending.js';
import type { NodeRun } from './node-run.js';

export class Outbox {
  readonly #lane: number;
  readonly #send: (report: Report) => void;
  #ended: number[] = [];
  #durations: number[] = [];
  #outputs: (Values | null)[] = [];
  #described: [number, Readonly<Record<string, Described>>][] = [];
  #failures: NodeFailure[] = [];
  #started: number[] = [];
  /** Began to wait since the last report; those that have ended by the next one need no word of their beginning. */
  #quiet: NodeRun[] = [];
  #busy = performance.eventLoopUtilization().active;
  /** Whether anything was ever sent. */
  hasTold = false;

  constructor(lane: number, send: (report: Report) => void) {
    this.#lane = lane;
    this.#send = send;
  }

  began(node: number): void {
    this.#started.push(node);
  }

  beganQuietly(run: NodeRun): void {
    this.#quiet.push(run);
  }

  completed(run: NodeRun, { outputs, described }: Ending): void {
    this.#end(run, outputs);
    if (described) this.#described.push([run.key, described]);
  }

  failed(run: NodeRun, failure: NodeFailure): void {
    this.#end(run, null);
    this.#failures.push(failure);
  }

  flush(): void {
    for (const run of this.#quiet) {
      if (run.told) continue;
      run.told = true;
      this.#started.push(run.key);
    }
    this.#quiet = [];
    if (this.#ended.length + this.#started.length === 0) return;
    const { active } = performance.eventLoopUtilization();
    this.#send({
      type: 'report',
      lane: this.#lane,
      ended: this.#ended,
      durations: this.#durations,
      outputs: this.#outputs,
      described: this.#described,
      failures: this.#failures,
      started: this.#started,
      busy: active - this.#busy,
    });
    this.hasTold = true;
    this.#busy = active;
    this.#ended = [];
    this.#durations = [];
    this.#outputs = [];
    this.#described = [];
    this.#failures = [];
    this.#started = [];
  }

  #end(run: NodeRun, outputs: Values | null): void {
    // No word of its beginning any more.
    run.told = true;
    this.#ended.push(run.key);
    this.#durations.push((performance.now() - run.began) / 1000);
    this.#outputs.push(outputs);
  }
}
