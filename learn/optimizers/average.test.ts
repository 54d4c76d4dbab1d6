import { describe, expect, test } from 'vitest';
import { numbers } from '../onnx/fixtures/run-model.js';
import { updater } from './fixtures/updater.js';
import { emitAverages, type OptimizerSettings } from './index.js';

const STEPS = 6;

async function averages(settings: OptimizerSettings, decay: number, warmUp?: boolean) {
  const graph = await updater(
    settings,
    { p: [1, -2] },
    { more: (builder, slots) => emitAverages(builder, slots, decay, warmUp === undefined ? {} : { warmUp }) },
  );
  const trace: { parameter: number[]; average: number[] }[] = [];
  for (let t = 1; t <= STEPS; t++) {
    const { p } = await graph.step({ p: [1 / t, -t] }, 0.1);
    trace.push({ parameter: p!, average: numbers(graph.state['p/average']) });
  }
  await graph.release();
  return { trace, slots: graph.slots };
}

function follow(trace: readonly { parameter: number[]; average: number[] }[], decayOf: (t: number) => number): void {
  let expected = [1, -2];
  for (const [index, { parameter, average }] of trace.entries()) {
    const decay = decayOf(index + 1);
    expected = expected.map((last, place) => decay * last + (1 - decay) * parameter[place]!);
    for (const [place, value] of expected.entries()) expect(average[place]).toBeCloseTo(value, 12);
  }
}

describe('the average of a parameter', () => {
  test('takes in a share of every new value, from the first value on', async () => {
    follow((await averages({ type: 'sgd' }, 0.9)).trace, () => 0.9);
  });

  test('follows faster at first if it warms up', async () => {
    follow((await averages({ type: 'sgd' }, 0.4, true)).trace, (t) => Math.min(0.4, (1 + t) / (10 + t)));
    follow((await averages({ type: 'adam' }, 0.4, true)).trace, (t) => Math.min(0.4, (1 + t) / (10 + t)));
  });

  test('counts the steps itself only where the optimiser does not', async () => {
    const steps = async (settings: OptimizerSettings, warmUp: boolean) =>
      (await averages(settings, 0.9, warmUp)).slots.filter(({ role }) => role === 'step').length;
    expect([await steps({ type: 'sgd' }, false), await steps({ type: 'sgd' }, true)]).toEqual([0, 1]);
    expect([await steps({ type: 'adam' }, false), await steps({ type: 'adam' }, true)]).toEqual([1, 1]);
  });

  test('is a slot that starts as the parameter', async () => {
    const { slots } = await averages({ type: 'sgd' }, 0.9);
    const slot = slots.find(({ role }) => role === 'average')!;
    expect(slot).toMatchObject({ name: 'p/average', startsAs: 'p' });
    expect(slot.initial).toBeUndefined();
  });

  test.each([1, -0.1, Number.NaN])('refuses a decay of %d', async (decay) => {
    await expect(averages({ type: 'sgd' }, decay)).rejects.toThrow(/decay of an average/);
  });
});
