/** What Ctrl-C and its relatives do: the first asks the work to stop, later ones are told that it is stopping. Nothing is torn down. */
import { type EndSignal, exitCodeOf } from './exit-codes.js';
import type { Signals } from './surroundings.js';

export class Interruption implements Disposable {
  readonly #controller = new AbortController();
  readonly #mute: () => void;
  #by: EndSignal | undefined;

  /**
   * Listens from now on: between here and {@link Symbol.dispose} no signal ends the process by itself.
   * @param onRepeat called at every signal after the first
   */
  constructor(signals: Signals, onRepeat: () => void) {
    this.#mute = signals.listen((signal) => {
      if (this.#by !== undefined) {
        onRepeat();
        return;
      }
      this.#by = signal;
      this.#controller.abort();
    });
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The code that the process ends with when a signal came. */
  get exitCode(): number | undefined {
    return this.#by === undefined ? undefined : exitCodeOf(this.#by);
  }

  /** Calls once, as soon as a signal comes; at once when one has come already. */
  whenAsked(call: () => void): void {
    if (this.#by !== undefined) call();
    else this.signal.addEventListener('abort', call, { once: true });
  }

  [Symbol.dispose](): void {
    this.#mute();
  }
}
