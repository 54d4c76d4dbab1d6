import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LiveLines } from './terminal.js';
import { capturedOutput, manualClock } from './testing/doubles.js';
import { screenAfter } from './testing/screen.js';

function liveOn(lines: () => readonly string[], size: { columns?: number; rows?: number } = {}) {
  const output = capturedOutput({ isTerminal: true, columns: size.columns ?? 40, rows: size.rows ?? 10 });
  const clock = manualClock();
  return { output, clock, live: new LiveLines({ output, clock, lines }) };
}

describe('live lines', () => {
  it('stand once on the screen, however often they were drawn', () => {
    let percent = 0;
    const { live, clock, output } = liveOn(() => [`at ${percent} %`, 'second']);
    for (percent = 1; percent <= 20; percent++) {
      live.changed();
      clock.advance(100);
    }
    expect(screenAfter(output.text)).toEqual(['at 20 %', 'second', '']);
  });

  it('are drawn at most some 15 times a second, and never wait longer than that', () => {
    let count = 0;
    const { live, clock, output } = liveOn(() => [String(count)]);
    for (let ms = 0; ms < 1000; ms++) {
      count += 1;
      live.changed();
      clock.advance(1);
    }
    expect(output.writes.length).toBeGreaterThanOrEqual(14);
    expect(output.writes.length).toBeLessThanOrEqual(16);
    clock.advance(66);
    expect(screenAfter(output.text)).toEqual(['1000', '']);
  });

  it('are drawn once a second when nothing changes, because durations do', () => {
    const { live, clock, output } = liveOn(() => [`${clock.now()} ms`]);
    live.changed();
    clock.advance(3000);
    expect(output.writes).toHaveLength(4);
  });

  it('leave the lasting lines above, in their order, and nothing of themselves after the end', () => {
    const { live, clock, output } = liveOn(() => ['working']);
    live.changed();
    live.print(['first']);
    live.print(['second', 'third']);
    clock.advance(70);
    expect(screenAfter(output.text)).toEqual(['first', 'second', 'third', 'working', '']);
    live.stop();
    live.print(['after']);
    live.changed();
    clock.advance(5000);
    expect(screenAfter(output.text)).toEqual(['first', 'second', 'third', 'after', '']);
    expect(clock.waiting).toBe(0);
  });

  it('print what waits when they are stopped before it was drawn', () => {
    const { live, output } = liveOn(() => ['working']);
    live.changed();
    live.print(['kept']);
    live.stop();
    expect(screenAfter(output.text)).toEqual(['kept', '']);
  });

  it('never reach the last column, where a terminal would begin a new line', () => {
    const { live, output } = liveOn(() => ['x'.repeat(100)], { columns: 20 });
    live.changed();
    expect(screenAfter(output.text)[0]).toBe(`${'x'.repeat(18)}…`);
  });

  it('say how many did not fit, because the cursor cannot go back to what has left the screen', () => {
    const { live, output } = liveOn(() => Array.from({ length: 30 }, (_, index) => `line ${index}`), { rows: 5 });
    live.changed();
    expect(screenAfter(output.text)).toEqual(['line 0', 'line 1', 'line 2', '… and 27 more', '']);
  });

  it('end in the same screen whatever came in whatever order', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('lines' as const), count: fc.nat(6) }),
      fc.record({ kind: fc.constant('print' as const), count: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ kind: fc.constant('wait' as const), count: fc.nat(150) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let live: string[] = [];
        const lasting: string[] = [];
        const { live: view, clock, output } = liveOn(() => live, { rows: 100 });
        for (const [index, { kind, count }] of steps.entries()) {
          const lines = Array.from({ length: count }, (_, line) => `${kind} ${index}.${line}`);
          if (kind === 'lines') {
            live = lines;
            view.changed();
          } else if (kind === 'print') {
            lasting.push(...lines);
            view.print(lines);
          } else clock.advance(count);
        }
        clock.advance(2000);
        expect(screenAfter(output.text)).toEqual([...lasting, ...live, '']);
        view.stop();
        expect(screenAfter(output.text)).toEqual([...lasting, '']);
      }),
    );
  });
});
