import { describe, expect, it } from 'vitest';
import type { ActorRef, Behaviour } from '../runtime/index.js';
import type { HubEvent } from './event-hub.js';
import { graph } from './fixtures/graph.js';
import { eventsOf, temporaryRuntime } from './fixtures/temporary-runtime.js';

interface Subscriber {
  readonly got: HubEvent[];
  waiting: { count: number; resolve: () => void } | undefined;
}

/** An actor that keeps what it gets. */
const subscriber: Behaviour<Subscriber, HubEvent, Subscriber> = {
  start: (init) => init,
  receive(state, message) {
    if (message.type === 'event') state.got.push(message);
    if (state.waiting && state.got.length >= state.waiting.count) state.waiting.resolve();
    return state;
  },
};

async function started() {
  const runtime = await temporaryRuntime();
  const subscribe = async (stream: string, id: number) => {
    const state: Subscriber = { got: [], waiting: undefined };
    const ref: ActorRef<HubEvent> = runtime.kernel.spawnHere(subscriber, state);
    const { last } = await runtime.hub.ask<{ last: number }>({
      type: 'subscribe',
      stream,
      id,
      subscriber: ref.address,
    });
    return { ref, got: state.got, last };
  };
  return { ...runtime, subscribe };
}

const QUICK = {
  model_config: { hidden: [3] },
  data_config: { dataset: 'wdbc' },
  training_config: { epochs: 2, batch_size: 64 },
};

describe('the hub of events', () => {
  it('brings the events of every job to who asks for all, and those of runs to nobody but theirs', async () => {
    const { subscribe, runtime, hub } = await started();
    const all = await subscribe('all', 7);
    const job = await runtime.train(QUICK);
    const run = await runtime.start(graph(['a', 'say']));
    await Promise.all([job.result, run.result]);
    // The hub is asked last: what it told before has arrived.
    const stored = await hub.ask<{ seq: number; pos: number }[]>({ type: 'read', stream: 'all', after: 0, limit: 100 });
    const got = all.got.filter(({ event }) => event.seq !== undefined);
    expect(got.map(({ event }) => event.stream)).toEqual(got.map(() => job.id));
    expect(got.map(({ event }) => event.seq)).toEqual(stored.map(({ seq }) => seq));
    expect(got.map(({ event }) => event.pos)).toEqual(stored.map(({ pos }) => pos));
    expect(new Set(all.got.map(({ id }) => id))).toEqual(new Set([7]));
  });

  it('says how far a stream has come, and gives everything after that', async () => {
    const { subscribe, runtime, hub } = await started();
    const run = await runtime.start(graph(['w', 'wait']));
    const { last, got } = await subscribe(run.id, 1);
    expect(last).toBeGreaterThan(0);
    await run.cancel();
    await run.result;
    const stored = await hub.ask<{ seq: number }[]>({ type: 'read', stream: run.id, after: last, limit: 100 });
    expect(got.filter(({ event }) => event.seq !== undefined).map(({ event }) => event.seq)).toEqual(
      stored.map(({ seq }) => seq),
    );
    expect((await eventsOf(run)).length).toBe(last + stored.length);
  });

  it('brings nothing more after the subscription was given up, or its actor is gone', async () => {
    const { subscribe, runtime, hub, kernel } = await started();
    const [one, gone, kept] = [await subscribe('all', 1), await subscribe('all', 2), await subscribe('all', 3)];
    hub.tell({ type: 'unsubscribe', id: 1, subscriber: one.ref.address });
    await kernel.stopHere(gone.ref as ActorRef<never>);
    const job = await runtime.train(QUICK);
    await job.result;
    expect(one.got).toEqual([]);
    expect(gone.got).toEqual([]);
    expect(kept.got.length).toBeGreaterThan(0);
  });
});
