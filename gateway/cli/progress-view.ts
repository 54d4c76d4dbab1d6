/** What a command shows while it works: lines drawn anew on a terminal, lines that stay everywhere else. */
import type { WireEvent } from '../../actors/runtime-types.js';
import { isRedrawable, type Paint, paintFor, plainPaint } from './colour.js';
import type { Clock, Output, Surroundings } from './surroundings.js';
import { LiveLines } from './terminal.js';

export interface ProgressView {
  take(event: WireEvent): void;
  /** Says something beside the events: a warning, or that a signal was heard. */
  note(line: string): void;
  /** Shows what was held back, and leaves nothing on the screen that could still change. */
  stop(): void;
}

/** Where a view draws. */
export interface Canvas {
  readonly paint: Paint;
  readonly clock: Clock;
  /** Whether {@link update} shows anything: else every line stays, so there should be few. */
  readonly live: boolean;
  print(line: string): void;
  /** The lines drawn by `lines` have changed. */
  update(): void;
  stop(): void;
}

/**
 * @param lines the lines that should stand at the end of the screen now; asked only on a terminal
 * @param plain lasting lines even on a terminal: another stream carries a document that belongs to a program
 */
export function canvasOn(
  output: Output,
  { clock, environment }: Pick<Surroundings, 'clock' | 'environment'>,
  lines: (canvas: Canvas) => readonly string[],
  plain = false,
): Canvas {
  const paint = plain ? plainPaint : paintFor(output, environment);
  if (plain || !isRedrawable(output, environment)) {
    const print = (line: string): void => output.write(`${line}\n`);
    return { paint, clock, live: false, print, update: () => undefined, stop: () => undefined };
  }
  const live = new LiveLines({ output, clock, lines: () => lines(canvas) });
  const canvas: Canvas = {
    paint,
    clock,
    live: true,
    print: (line) => live.print([line]),
    update: () => live.changed(),
    stop: () => live.stop(),
  };
  return canvas;
}
