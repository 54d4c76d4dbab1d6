import { describe, expect, it } from 'vitest';
import { frameOf } from './frame.js';

const event = { stream: 'job_1', seq: 3, pos: 41, type: 'status_update', json: '{"type":"status_update","seq":3}' };

describe('frame', () => {
  it('is numbered by seq, and leaves the JSON of the backend as it is', () => {
    const frame = frameOf(event, 'job_1');
    expect(frame.number).toBe(3);
    expect(Buffer.from(frame.bytes).toString()).toBe(event.json);
  });

  it('is numbered by pos, and carries it, for those who watch every job', () => {
    const frame = frameOf(event, 'all');
    expect(frame.number).toBe(41);
    expect(JSON.parse(frame.json)).toEqual({ type: 'status_update', seq: 3, pos: 41 });
  });

  it('encodes the JSON once', () => {
    const frame = frameOf(event, 'job_1');
    expect(frame.bytes).toBe(frame.bytes);
  });

  it('may be merged only when it belongs to the moment', () => {
    expect(frameOf(event, 'job_1').mergeKey).toBeUndefined();
    expect(frameOf({ stream: 'job_1', type: 'batch_progress', json: '{}' }, 'all').mergeKey).toBe(
      'job_1 batch_progress',
    );
  });
});
