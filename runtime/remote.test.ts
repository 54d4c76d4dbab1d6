import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Kernel } from './kernel.js';
import { exposed, type RemoteMessage, wrap } from './remote.js';

class Counter {
  #value = 0;
  add(by: number): number {
    this.#value += by;
    return this.#value;
  }
  fail(): never {
    throw Object.assign(new RangeError('too far', { cause: new Error('a step') }), {
      code: 'E_FAR',
      place: { row: 3 },
    });
  }
  never(): Promise<never> {
    return new Promise(() => undefined);
  }
}

let kernel: Kernel;
beforeEach(() => {
  kernel = new Kernel({ entry: new URL('../dist/host.js', import.meta.url), threads: 0 });
});
afterEach(() => kernel.close());

const local = () =>
  kernel.spawnHere(
    exposed(() => new Counter()),
    undefined,
  );

describe('a remote object', () => {
  it('is called as if it were here', async () => {
    const counter = wrap<Counter>(local());
    expect(await Promise.all([counter.add(1), counter.add(2), counter.add(3)])).toEqual([1, 3, 6]);
  });

  it('keeps code, cause and own fields of what it throws', async () => {
    await expect(wrap<Counter>(local()).fail()).rejects.toMatchObject({
      name: 'RangeError',
      message: 'too far',
      code: 'E_FAR',
      detail: { place: { row: 3 } },
      cause: { message: 'a step' },
    });
  });

  it('works on another thread, and a call to one that dies rejects instead of hanging', async () => {
    const spawned = kernel.spawn<RemoteMessage>(
      { module: new URL('./fixtures/behaviours.mjs', import.meta.url).href, name: 'echo' },
      undefined,
      'own-light',
    );
    await spawned.started;
    const call = wrap<Counter>(spawned.ref).never();
    spawned.ref.tell({ type: 'exit' } as never);
    await expect(call).rejects.toThrow();
    await expect(wrap<Counter>(spawned.ref).add(1)).rejects.toMatchObject({
      code: expect.stringMatching(/^(actor|host)_gone$/),
    });
  });
});
