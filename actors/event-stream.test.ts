import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventLog, Listener, StreamEvent } from '../runtime/index.js';
import { eventStream } from './event-stream.js';
import type { WireEvent } from './runtime-types.js';

/** A log in memory whose reads are answered when the test says so: every order of things can be made. */
class SlowLog {
  readonly events: StreamEvent[] = [];
  readonly listeners = new Set<Listener>();
  /** Called before each answer to a read. */
  beforeAnswer: () => void = () => undefined;

  append(type: string): void {
    const seq = this.events.length + 1;
    const event: StreamEvent = { stream: 's', seq, pos: seq, type, json: JSON.stringify({ type, seq, ts: '' }) };
    this.events.push(event);
    for (const listener of this.listeners) listener(event);
  }

  announce(): void {
    for (const listener of this.listeners)
      listener({ stream: 's', type: 'moment', json: JSON.stringify({ type: 'moment', ts: '' }) });
  }

  async subscribe(_: string, listener: Listener) {
    this.listeners.add(listener);
    return { last: this.events.length, unsubscribe: () => void this.listeners.delete(listener) };
  }

  async read(_: string, after: number, limit: number): Promise<StreamEvent[]> {
    await Promise.resolve();
    this.beforeAnswer();
    return this.events.slice(after, after + limit);
  }
}

const streamOf = (log: SlowLog) => eventStream(log as unknown as EventLog, 's', (type) => type === 'end');

async function all(stream: AsyncIterable<WireEvent>): Promise<WireEvent[]> {
  const events: WireEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

describe('the events of a stream', () => {
  it('are all there once and in order, whenever somebody begins to read', async () => {
    const total = fc.integer({ min: 1, max: 3000 });
    await fc.assert(
      fc.asyncProperty(total, fc.nat(3000), fc.nat(50), async (count, early, during) => {
        const log = new SlowLog();
        const add = (wanted: number) => {
          for (let index = 0; index < wanted && log.events.length < count; index++)
            log.append(log.events.length === count - 1 ? 'end' : 'step');
        };
        add(early);
        // Some are written while the past is being read: they come live as well as from the log.
        log.beforeAnswer = () => add(during);
        const reading = all(streamOf(log));
        await new Promise((resolve) => setImmediate(resolve));
        add(count);
        expect((await reading).map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
        expect(log.listeners.size).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it('go on after an end that a retry has taken back', async () => {
    const log = new SlowLog();
    for (const type of ['start', 'end', 'start']) log.append(type);
    const reading = all(streamOf(log));
    await new Promise((resolve) => setImmediate(resolve));
    log.append('end');
    expect((await reading).map(({ type }) => type)).toEqual(['start', 'end', 'start', 'end']);
  });

  it('have those of the moment among them, at their place', async () => {
    const log = new SlowLog();
    const reading = all(streamOf(log));
    await new Promise((resolve) => setImmediate(resolve));
    log.append('start');
    log.announce();
    log.append('end');
    expect((await reading).map(({ type }) => type)).toEqual(['start', 'moment', 'end']);
  });

  it('are let go of by whoever stops reading', async () => {
    const log = new SlowLog();
    log.append('start');
    for await (const event of streamOf(log)) {
      expect(event.type).toBe('start');
      break;
    }
    expect(log.listeners.size).toBe(0);
  });
});
