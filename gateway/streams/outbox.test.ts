import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Frame, frameOf } from './frame.js';
import { Outbox } from './outbox.js';

const state = (seq: number): Frame =>
  frameOf({ stream: 'job_1', seq, type: 'status_update', json: `{"seq":${seq}}` }, 'job_1');
const moment = (batch: number, key?: string, stream = 'job_1'): Frame =>
  frameOf({ stream, type: 'batch_progress', json: `{"batch":${batch}}`, ...(key && { mergeKey: key }) }, stream);

function drain(outbox: Outbox): Record<string, unknown>[] {
  const out: Record<string, unknown>[] = [];
  for (let bytes = outbox.shift(); bytes !== undefined; bytes = outbox.shift()) {
    out.push(JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>);
  }
  return out;
}

describe('outbox', () => {
  it('keeps stored events in order and merges events of the moment to the newest', () => {
    const outbox = new Outbox(1000);
    for (const frame of [moment(1), state(1), moment(2), moment(3), state(2)]) outbox.push({ frame, merged: 0 });
    expect(drain(outbox)).toEqual([{ seq: 1 }, { batch: 3, merged: 2 }, { seq: 2 }]);
    expect(outbox.bytes).toBe(0);
  });

  it('begins to count anew once the merged event was sent', () => {
    const outbox = new Outbox(1000);
    for (const batch of [1, 2]) outbox.push({ frame: moment(batch), merged: 0 });
    expect(drain(outbox)).toEqual([{ batch: 2, merged: 1 }]);
    outbox.push({ frame: moment(3), merged: 0 });
    expect(drain(outbox)).toEqual([{ batch: 3 }]);
  });

  it('does not let one stream or key hide another', () => {
    const outbox = new Outbox(1000);
    for (const frame of [moment(1, 'a'), moment(2, 'b'), moment(3, 'a', 'job_2')]) outbox.push({ frame, merged: 0 });
    expect(drain(outbox)).toEqual([{ batch: 1 }, { batch: 2 }, { batch: 3 }]);
  });

  it('says when more waits than the budget allows, and counts only what waits', () => {
    const outbox = new Outbox(20);
    expect(outbox.push({ frame: state(1), merged: 0 })).toBe(true);
    expect(outbox.push({ frame: state(2), merged: 0 })).toBe(true);
    expect(outbox.push({ frame: state(3), merged: 0 })).toBe(false);
    outbox.clear();
    for (let batch = 0; batch < 100; batch++) expect(outbox.push({ frame: moment(1), merged: 0 })).toBe(true);
  });

  it('loses no stored event, and accounts for every event of the moment', () => {
    const law = fc.property(fc.array(fc.constantFrom('state', 'moment', 'shift'), { maxLength: 80 }), (steps) => {
      const outbox = new Outbox(Number.POSITIVE_INFINITY);
      const out: Record<string, unknown>[] = [];
      let seq = 0;
      let moments = 0;
      for (const step of steps) {
        if (step === 'state') {
          seq += 1;
          outbox.push({ frame: state(seq), merged: 0 });
        } else if (step === 'moment') {
          moments += 1;
          outbox.push({ frame: moment(moments), merged: 0 });
        } else {
          const bytes = outbox.shift();
          if (bytes !== undefined) out.push(JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>);
        }
      }
      out.push(...drain(outbox));
      expect(out.flatMap((one) => ('seq' in one ? [one['seq']] : []))).toEqual(
        Array.from({ length: seq }, (_, at) => at + 1),
      );
      const sent = out.filter((one) => 'batch' in one);
      expect(sent.reduce((sum, one) => sum + 1 + Number(one['merged'] ?? 0), 0)).toBe(moments);
      expect(outbox.bytes).toBe(0);
    });
    fc.assert(law, { numRuns: 500 });
  });
});
