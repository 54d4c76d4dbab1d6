import { afterEach, describe, expect, it } from 'vitest';
import type { ActorContext, Behaviour } from './actor/behaviour.js';
import { Kernel, type Spawned } from './kernel.js';

const entry = new URL('../dist/host.js', import.meta.url);
const module = new URL('./fixtures/behaviours.mjs', import.meta.url).href;
const echo = { module, name: 'echo' };

type Message = { readonly type: string; readonly [field: string]: unknown };

let kernel: Kernel;
/** Makes an actor work without ever awaiting; resolves when it has begun. */
const spin = async (actor: Spawned<Message>, options: { ms: number; cooperative?: boolean }) => {
  const began = new Int32Array(new SharedArrayBuffer(4));
  const answer = actor.ref.ask({ type: 'spin', began, ...options });
  answer.catch(() => undefined);
  await Atomics.waitAsync(began, 0, 0).value;
  return { answer };
};

const open = (threads = 1): Kernel => {
  kernel = new Kernel({ entry, threads, onWarning: () => undefined });
  return kernel;
};
afterEach(() => kernel.close());

describe('an actor on another thread', () => {
  it('answers what it is asked, and has its own state', async () => {
    const actor = open().spawn<Message>(echo, { hello: 'world' }, 'shared');
    expect(await actor.ref.ask({ type: 'init' })).toEqual({ hello: 'world' });
    actor.ref.tell({ type: 'echo', value: 1 });
    expect(await actor.ref.ask({ type: 'count' })).toBe(3);
  });

  it('handles messages in the order in which they were sent', async () => {
    const actor = open().spawn<Message>(echo, undefined, 'shared');
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, value) => actor.ref.ask({ type: 'echo', value })),
    );
    expect(answers).toEqual(Array.from({ length: 500 }, (_, value) => value));
  });

  it('keeps class, code, cause and own fields of an error across the thread', async () => {
    const actor = open().spawn<Message>(echo, undefined, 'shared');
    const failure = actor.ref.ask({ type: 'fail' });
    await expect(failure).rejects.toMatchObject({
      name: 'TypeError',
      message: 'failed on request',
      code: 'E_ASKED',
      detail: { place: { line: 3 } },
      cause: { name: 'RangeError', message: 'the reason' },
    });
    expect(await actor.ended).toMatchObject({ code: 'E_ASKED' });
    await expect(actor.ref.ask({ type: 'count' })).rejects.toMatchObject({ code: 'actor_gone' });
  });

  it('goes on after it refused a message', async () => {
    const actor = open().spawn<Message>(echo, undefined, 'shared');
    await expect(actor.ref.ask({ type: 'refuse' })).rejects.toThrow('refused on request');
    expect(await actor.ref.ask({ type: 'count' })).toBe(2);
  });

  it('tells the caller when an answer cannot cross the thread', async () => {
    const actor = open().spawn<Message>(echo, undefined, 'shared');
    await expect(actor.ref.ask({ type: 'uncloneable' })).rejects.toThrow(/could not be cloned/);
  });

  it('takes the other messages of a turn along when one of them cannot cross the thread', async () => {
    const actor = open().spawn<Message>(echo, undefined, 'shared');
    const bad = actor.ref.ask({ type: 'echo', value: () => 1 });
    const good = actor.ref.ask({ type: 'echo', value: 2 });
    await expect(bad).rejects.toThrow(/could not be cloned/);
    expect(await good).toBe(2);
  });

  it('says why it could not start', async () => {
    const actor = open().spawn<Message>({ module, name: 'failsToStart' }, undefined, 'shared');
    await expect(actor.started).rejects.toThrow('cannot start');
    const unknown = kernel.spawn<Message>({ module, name: 'nothing' }, undefined, 'shared');
    await expect(unknown.started).rejects.toThrow(/no behaviour named "nothing"/);
  });

  it('rejects a call that takes too long, and one that is aborted', async () => {
    const actor = open().spawn<Message>(echo, undefined, 'own-light');
    await actor.started;
    await expect(actor.ref.ask({ type: 'spin', ms: 200 }, { timeout: 20 })).rejects.toMatchObject({
      code: 'ask_timeout',
    });
    const abort = new AbortController();
    const call = actor.ref.ask({ type: 'spin', ms: 50 }, { signal: abort.signal });
    abort.abort(new Error('changed my mind'));
    await expect(call).rejects.toThrow('changed my mind');
  });

  it('talks to an actor of a third thread without the kernel', async () => {
    open();
    const first = kernel.spawn<Message>(echo, undefined, 'own-light');
    const second = kernel.spawn<Message>(echo, { name: 'second' }, 'own-light');
    expect(await first.ref.ask({ type: 'forward', to: second.ref.address, message: { type: 'init' } })).toEqual({
      name: 'second',
    });
  });

  it('tells whoever watches it that it ended, and why', async () => {
    open();
    const watched = kernel.spawn<Message>(echo, undefined, 'own-light');
    const watcher = kernel.spawn<Message>(echo, undefined, 'own-light');
    watcher.ref.tell({ type: 'watch', actor: watched.ref.address });
    // The same way as the watch, behind it: once this is answered, the watch has arrived.
    await watcher.ref.ask({ type: 'forward', to: watched.ref.address, message: { type: 'count' } });
    watched.ref.tell({ type: 'fail' });
    await watched.ended;
    await expect
      .poll(() => watcher.ref.ask({ type: 'what terminated' }))
      .toMatchObject({ type: 'terminated', actor: watched.ref.address, failure: { code: 'E_ASKED' } });
  });
});

describe('a thread that dies', () => {
  it('rejects the calls that wait for it, ends its actors with the reason, and is replaced', async () => {
    open(1);
    const actor = kernel.spawn<Message>(echo, undefined, 'shared');
    await actor.started;
    await expect(actor.ref.ask({ type: 'exit' })).rejects.toMatchObject({ code: 'host_gone' });
    expect(await actor.ended).toMatchObject({ code: 'host_gone' });
    const next = kernel.spawn<Message>(echo, 'again', 'shared');
    expect(await next.ref.ask({ type: 'init' })).toBe('again');
  });
});

it('a thread that dies with sessions open gives their share of the cores back', async () => {
  open(0);
  const runner = kernel.spawn<Message>({ module, name: 'holdsPlaces' }, undefined, 'own-heavy');
  await runner.started;
  expect(kernel.budget.active).toBe(2);
  runner.ref.tell({ type: 'exit' });
  expect(await runner.ended).toMatchObject({ code: 'host_gone' });
  expect(kernel.budget.active).toBe(0);
});

describe('a thread that does not come back', () => {
  it('is replaced the moment its actor is abandoned, and ended', async () => {
    open(1);
    const stuck = kernel.spawn<Message>(echo, undefined, 'shared');
    await stuck.started;
    const { answer } = await spin(stuck, { ms: 600_000 });
    stuck.abandon();
    const next = kernel.spawn<Message>(echo, 'new', 'shared');
    expect(await next.ref.ask({ type: 'init' })).toBe('new');
    await expect(answer).rejects.toMatchObject({ code: 'host_gone' });
    expect(await stuck.ended).toMatchObject({ code: 'host_gone' });
  });
});

describe('the thread of the GPU', () => {
  it('is one for all that want it, made when the first one does, and no other thread may use the GPU', async () => {
    open(1);
    const before = kernel.threads;
    const [first, second] = [0, 1].map(() => kernel.spawn<Message>(echo, undefined, 'gpu'));
    const other = kernel.spawn<Message>(echo, undefined, 'own-heavy');
    const where = await Promise.all([first!, second!, other].map(({ ref }) => ref.ask({ type: 'where' })));
    expect(where[0]).toEqual(where[1]);
    expect(where.map((answer) => (answer as { ownsGpu: boolean }).ownsGpu)).toEqual([true, true, false]);
    expect(kernel.threads).toBe(before + 2);
  });

  it('stays when one of its actors stops', async () => {
    open(0);
    const [first, second] = [0, 1].map(() => kernel.spawn<Message>(echo, undefined, 'gpu'));
    await first!.stop();
    expect(await second!.ref.ask({ type: 'count' })).toBe(1);
  });

  it('is made anew when it has died', async () => {
    open(0);
    const [first, second] = [0, 1].map(() => kernel.spawn<Message>(echo, undefined, 'gpu'));
    await second!.started;
    first!.ref.tell({ type: 'exit' });
    expect([await first!.ended, await second!.ended]).toMatchObject([{ code: 'host_gone' }, { code: 'host_gone' }]);
    const next = kernel.spawn<Message>(echo, undefined, 'gpu');
    expect(await next.ref.ask({ type: 'where' })).toMatchObject({ ownsGpu: true });
  });

  it('is never two at once: while one is being ended, nothing new is placed', async () => {
    open(0);
    const stuck = kernel.spawn<Message>(echo, undefined, 'gpu');
    await stuck.started;
    const { answer } = await spin(stuck, { ms: 600_000 });
    stuck.abandon();
    expect(() => kernel.spawn<Message>(echo, undefined, 'gpu')).toThrow(/the thread of the GPU is being ended/);
    await expect(answer).rejects.toMatchObject({ code: 'host_gone' });
    await stuck.ended;
    expect(await kernel.spawn<Message>(echo, 'new', 'gpu').ref.ask({ type: 'init' })).toBe('new');
  });

  it('lets its actors take turns at the borders of their runs, and hears what they are told in between', async () => {
    open(0);
    const list = new Int32Array(new SharedArrayBuffer(4 * 301));
    const full = new Int32Array(new SharedArrayBuffer(4));
    const actors = [1, 2, 3].map((name) =>
      kernel.spawn<Message>({ module, name: 'runner' }, { name, list, full }, 'gpu'),
    );
    await Atomics.waitAsync(full, 0, 0).value;
    // They never stop by themselves: an answer shows that they are heard.
    for (const { ref } of actors) expect(await ref.ask({ type: 'runs' })).toBeGreaterThan(0);
    const names = [...list.slice(1)];
    const begun = Math.max(...[1, 2, 3].map((name) => names.indexOf(name)));
    const runs = [0, 0, 0];
    for (const name of names.slice(begun)) {
      runs[name - 1]! += 1;
      expect(Math.max(...runs) - Math.min(...runs)).toBeLessThanOrEqual(1);
    }
    expect(Math.min(...runs)).toBeGreaterThan(50);
  });
});

it('an actor whose start cannot cross threads leaves nothing behind', async () => {
  open(0);
  expect(() => kernel.spawn<Message>(echo, () => 1, 'own-heavy')).toThrow(/could not be cloned/);
  await expect.poll(() => kernel.threads).toBe(0);
});

it('an actor that ends owes nobody an answer: what it had put off is refused', async () => {
  open(0);
  const late: Behaviour<undefined, Message> = {
    start: () => undefined,
    receive(state, message, context) {
      if (message.type === 'later') context.deferReply();
      else context.end();
      return state;
    },
  };
  const ref = kernel.spawnHere(late, undefined);
  const answer = ref.ask({ type: 'later' }, { timeout: Number.POSITIVE_INFINITY });
  ref.tell({ type: 'end' });
  await expect(answer).rejects.toMatchObject({ code: 'actor_gone' });
});

describe('stopping', () => {
  it('reaches a loop that never awaits through shared memory', async () => {
    const actor = open().spawn<Message>(echo, undefined, 'own-heavy');
    await actor.started;
    const { answer } = await spin(actor, { ms: 20_000, cooperative: true });
    await actor.stop();
    expect(await answer).toBe('stopped');
  });

  it('gives the thread of an actor with a thread of its own back', async () => {
    open(1);
    const before = kernel.threads;
    const actor = kernel.spawn<Message>(echo, undefined, 'own-heavy');
    await actor.started;
    expect(kernel.threads).toBe(before + 1);
    await actor.stop();
    await expect.poll(() => kernel.threads).toBe(before);
  });

  it('ends a thread by force that does not come back by the deadline', async () => {
    const actor = open().spawn<Message>(echo, undefined, 'own-heavy');
    await actor.started;
    const { answer } = await spin(actor, { ms: 600_000 });
    await kernel.close(50);
    await expect(answer).rejects.toMatchObject({ code: 'host_gone' });
    expect(await actor.ended).toMatchObject({ code: 'host_gone' });
  });

  it('refuses new actors after the end', async () => {
    await open().close();
    expect(() => kernel.spawn(echo, undefined, 'shared')).toThrow(/closed/);
  });
});

describe('an actor on the same thread', () => {
  it('is called the same way, and its children end with it', async () => {
    open();
    const ended: string[] = [];
    const child: Behaviour<undefined, Message> = {
      start: () => undefined,
      receive: (state) => state,
      stop: () => void ended.push('child'),
    };
    const parent: Behaviour<number, Message> = {
      start(_init, context: ActorContext<Message>) {
        context.spawn(child, undefined);
        return 0;
      },
      receive(state, message, context) {
        context.reply(state + 1);
        if (message.type === 'end') context.end();
        return state + 1;
      },
      stop: () => void ended.push('parent'),
    };
    const ref = kernel.spawnHere(parent, undefined);
    expect(await ref.ask({ type: 'next' })).toBe(1);
    expect(await ref.ask({ type: 'next' })).toBe(2);
    await ref.ask({ type: 'end' });
    // An actor that is ending refuses at once, before its children have ended.
    await expect(ref.ask({ type: 'next' })).rejects.toMatchObject({ code: 'actor_gone' });
    await expect.poll(() => ended).toEqual(['child', 'parent']);
  });
});
