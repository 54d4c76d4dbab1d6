import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_LIMITS } from '../defaults.js';
import { frameOf } from '../streams/frame.js';
import { CLOSE, SocketSession, type Wire } from './session.js';

/** A client that takes what it is sent only when told to. */
class SlowWire implements Wire {
  readonly sent: Record<string, unknown>[] = [];
  ended: readonly [number, string] | undefined;
  waiting = 0;
  isSlow = false;

  send(bytes: Uint8Array): void {
    if (this.ended) throw new Error('sent after the end');
    this.sent.push(JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>);
    if (this.isSlow) this.waiting += bytes.byteLength;
  }

  buffered(): number {
    return this.waiting;
  }

  end(code: number, reason: string): void {
    if (this.ended) throw new Error('ended twice');
    this.ended = [code, reason];
  }
}

const limits = { ...DEFAULT_LIMITS, socketBytes: 300, socketHighWater: 10, heartbeatMs: 1000 };
const state = (seq: number) => ({
  frame: frameOf(
    { stream: 'job_1', seq, type: 'status_update', json: `{"seq":${seq},"pad":"${'x'.repeat(20)}"}` },
    'job_1',
  ),
  merged: 0,
});
const moment = (batch: number) => ({
  frame: frameOf({ stream: 'job_1', type: 'batch_progress', json: `{"batch":${batch}}` }, 'job_1'),
  merged: 0,
});

let wire: SlowWire;
let session: SocketSession;

beforeEach(() => {
  vi.useFakeTimers();
  wire = new SlowWire();
  session = new SocketSession(wire, limits);
});

afterEach(() => {
  session.markClosed();
  vi.useRealTimers();
});

describe('socket session', () => {
  it('sends a heartbeat after silence, and none while it has something to say', () => {
    vi.advanceTimersByTime(900);
    session.send(moment(1));
    vi.advanceTimersByTime(900);
    expect(wire.sent).toEqual([{ batch: 1 }]);
    vi.advanceTimersByTime(200);
    expect(wire.sent.at(-1)).toMatchObject({ type: 'heartbeat', ts: expect.any(String) });
    vi.advanceTimersByTime(2000);
    expect(wire.sent).toHaveLength(4);
  });

  it('merges the progress of a slow client to the newest and keeps everything else', () => {
    wire.isSlow = true;
    session.send(state(1));
    for (const batch of [1, 2, 3]) session.send(moment(batch));
    session.send(state(2));
    expect(wire.sent.map((one) => one['seq'])).toEqual([1]);
    wire.isSlow = false;
    wire.waiting = 0;
    session.drain();
    expect(wire.sent.slice(1)).toEqual([{ batch: 3, merged: 2 }, expect.objectContaining({ seq: 2 })]);
  });

  it('gives up a client for whom more waits than the budget allows', () => {
    wire.isSlow = true;
    for (let seq = 1; seq <= 20; seq++) session.send(state(seq));
    expect(wire.ended).toEqual([CLOSE.tooSlow, expect.stringContaining('resume')]);
    expect(session.isOpen).toBe(false);
  });

  it('does not give up a client for one large event', () => {
    session.send({
      frame: frameOf({ stream: 'job_1', seq: 1, type: 'x', json: JSON.stringify({ pad: 'x'.repeat(5000) }) }, 'job_1'),
      merged: 0,
    });
    expect(wire.ended).toBeUndefined();
    expect(wire.sent).toHaveLength(1);
  });

  it('ends only after everything that waits was sent', () => {
    wire.isSlow = true;
    session.send(state(1));
    session.send(state(2));
    session.finish(CLOSE.normal);
    expect(wire.ended).toBeUndefined();
    session.send(state(3));
    wire.waiting = 0;
    wire.isSlow = false;
    session.drain();
    expect(wire.sent.map((one) => one['seq'])).toEqual([1, 2]);
    expect(wire.ended?.[0]).toBe(CLOSE.normal);
  });

  it('wakes up who waits for the client when it goes away', async () => {
    wire.isSlow = true;
    session.send(state(1));
    const waiting = session.drained();
    session.markClosed();
    await waiting;
    session.send(state(2));
    expect(wire.sent).toHaveLength(1);
    expect(wire.ended).toBeUndefined();
  });

  it('tells once that it closed', () => {
    let closed = 0;
    session.onClosed = () => {
      closed += 1;
    };
    session.close(CLOSE.goingAway);
    session.markClosed();
    expect(closed).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
