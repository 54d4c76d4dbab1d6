import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Frame, frameOf } from './frame.js';
import type { Outgoing } from './outbox.js';
import { Splice } from './splice.js';

const stored = (seq: number): Frame =>
  frameOf({ stream: 'job_1', seq, pos: seq, type: 'status_update', json: `{"seq":${seq}}` }, 'job_1');
const moment = (batch: number): Frame =>
  frameOf({ stream: 'job_1', type: 'batch_progress', json: `{"batch":${batch}}` }, 'job_1');
const numbers = (out: readonly Outgoing[]) => out.map(({ frame }) => frame.number);

describe('splice', () => {
  it('gives out what the log has, then what was held, then what happens', () => {
    const splice = new Splice({ contiguous: true, holdBytes: 1000 });
    expect(splice.live(stored(4))).toEqual([]);
    splice.begin(1, 3);
    expect(splice.ask()).toBe(1);
    expect(splice.live(stored(5))).toEqual([]);
    expect(numbers(splice.page([stored(2), stored(3)]))).toEqual([2, 3, 4, 5]);
    expect(splice.isLive).toBe(true);
    expect(numbers(splice.live(stored(6)))).toEqual([6]);
  });

  it('does not give out an event of the log again when it also comes live', () => {
    const splice = new Splice({ contiguous: true, holdBytes: 1000 });
    splice.begin(0, 2);
    splice.live(stored(3));
    expect(numbers(splice.page([stored(1), stored(2), stored(3)]))).toEqual([1, 2, 3]);
    expect(splice.live(stored(3))).toEqual([]);
  });

  it('starts with the newest event when the reader claims to have more than is stored', () => {
    const splice = new Splice({ contiguous: true, holdBytes: 1000 });
    splice.begin(99, 2);
    expect(splice.needsLog).toBe(false);
    expect(splice.catchUp()).toEqual([]);
    expect(numbers(splice.live(stored(3)))).toEqual([3]);
  });

  it('lets go of held events above the budget and reads them from the log', () => {
    const splice = new Splice({ contiguous: true, holdBytes: 10 });
    splice.begin(0, 1);
    for (const seq of [2, 3, 4]) splice.live(stored(seq));
    expect(numbers(splice.page([stored(1)]))).toEqual([1]);
    expect(splice.isLive).toBe(false);
    expect(splice.ask()).toBe(1);
    expect(numbers(splice.page([stored(2), stored(3), stored(4)]))).toEqual([2, 3, 4]);
    expect(splice.isLive).toBe(true);
  });

  it('goes back to the log for what a gap in the live events left out', () => {
    const splice = new Splice({ contiguous: true, holdBytes: 1000 });
    splice.begin(0, 0);
    splice.catchUp();
    expect(splice.live(stored(3))).toEqual([]);
    expect(splice.isLive).toBe(false);
    expect(splice.ask()).toBe(0);
    expect(numbers(splice.page([stored(1), stored(2)]))).toEqual([1, 2, 3]);
  });

  it('takes gaps for granted where numbers have them', () => {
    const splice = new Splice({ contiguous: false, holdBytes: 1000 });
    splice.begin(0, 0);
    splice.catchUp();
    expect(numbers(splice.live(stored(7)))).toEqual([7]);
  });

  it('does not wait for ever for an event that the log does not have', () => {
    const splice = new Splice({ contiguous: true, holdBytes: 1000 });
    splice.begin(0, 0);
    splice.catchUp();
    splice.live(stored(3));
    splice.ask();
    expect(numbers(splice.page([]))).toEqual([3]);
    expect(splice.isLive).toBe(true);
  });

  it('does not take an empty page for the end when events came after the question', () => {
    const splice = new Splice({ contiguous: true, holdBytes: 1 });
    splice.begin(0, 0);
    splice.ask();
    splice.live(stored(1));
    expect(splice.page([])).toEqual([]);
    expect(splice.isLive).toBe(false);
    expect(numbers(splice.page([stored(1)]))).toEqual([1]);
  });

  it('gives out the newest event of the moment after a replay, with the number of those it stands for', () => {
    const splice = new Splice({ contiguous: true, holdBytes: 1000 });
    splice.begin(0, 1);
    for (const batch of [1, 2, 3]) splice.live(moment(batch));
    const out = splice.page([stored(1)]);
    expect(out.map(({ frame, merged }) => [frame.json, merged])).toEqual([
      ['{"seq":1}', 0],
      ['{"batch":3}', 2],
    ]);
    expect(splice.live(moment(4))).toHaveLength(1);
  });
});

/** What can happen between two turns of the loop, in any order. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant('append silently' as const), count: fc.integer({ min: 1, max: 2 }) }),
  fc.constant({ kind: 'moment' as const }),
  fc.record({ kind: fc.constant('ask for a page' as const), limit: fc.integer({ min: 1, max: 4 }) }),
  fc.constant({ kind: 'get the page' as const }),
);

describe('splice, for every interleaving of log, live events and reads', () => {
  it('gives out every stored event after the start exactly once and in order', () => {
    const law = fc.property(
      fc.nat({ max: 10 }),
      fc.nat({ max: 12 }),
      fc.array(step, { maxLength: 60 }),
      fc.constantFrom(1, 40, 10_000),
      (initial, after, steps, holdBytes) => {
        const splice = new Splice({ contiguous: true, holdBytes });
        let last = initial;
        let asked: Frame[] | undefined;
        const got: number[] = [];
        const take = (out: readonly Outgoing[]): void => {
          for (const { frame } of out) if (frame.number !== undefined) got.push(frame.number);
        };
        /** A read sees the log at the time of the question; its answer comes later. */
        const ask = (limit: number): void => {
          if (splice.isLive || asked !== undefined) return;
          const from = splice.ask();
          asked = Array.from({ length: Math.min(limit, Math.max(0, last - from)) }, (_, at) => stored(from + at + 1));
        };
        const receive = (): void => {
          if (asked === undefined) return;
          const page = asked;
          asked = undefined;
          take(splice.page(page));
        };
        splice.begin(after, last);
        for (const one of steps) {
          if (one.kind === 'append' || one.kind === 'append silently') {
            for (let at = 0; at < one.count; at++) {
              last += 1;
              // An event that never comes live (a lost delivery) must be found through the gap that it leaves.
              if (one.kind === 'append') take(splice.live(stored(last)));
            }
          } else if (one.kind === 'moment') splice.live(moment(1));
          else if (one.kind === 'ask for a page') ask(one.limit);
          else receive();
        }
        last += 1;
        take(splice.live(stored(last)));
        receive();
        for (let round = 0; !splice.isLive && round < 1000; round++) {
          ask(3);
          receive();
        }
        const from = Math.min(after, initial);
        expect(got).toEqual(Array.from({ length: last - from }, (_, at) => from + at + 1));
      },
    );
    fc.assert(law, { numRuns: 1000 });
  });
});
