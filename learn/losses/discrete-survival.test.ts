import { describe, expect, test } from 'vitest';
import { lossGraph, type Shapes } from './fixtures/loss-graph.js';
import { discreteSurvival } from './index.js';

const shapes: Shapes = { output: [3], target: [2], targetType: 'float' };
const boundaries = [0, 10, 20, 40];
const HAZARDS = [0.1, 0.2, 0.5];
const logits = HAZARDS.map((hazard) => Math.log(hazard / (1 - hazard)));

describe('the likelihood of survival in intervals', () => {
  test.each<[string, number, number, number]>([
    ['an event in the first interval', 3, 1, 0.1],
    ['an event on a boundary, which belongs to the interval behind it', 10, 1, 0.9 * 0.2],
    ['an event in the last interval', 39, 1, 0.9 * 0.8 * 0.5],
    ['an event after the last boundary', 40, 1, 0.9 * 0.8 * 0.5],
    ['an event before the first boundary', -1, 1, 0.1],
    ['a censored row before the middle of the second interval', 14, 0, 0.9],
    ['a censored row from the middle of the second interval on', 15, 0, 0.9 * 0.8],
    ['a row that was seen to the end', 100, 0, 0.9 * 0.8 * 0.5],
    ['a row that was hardly seen', 1, 0, 1],
  ])('is that of %s', async (_, time, event, likelihood) => {
    const graph = await lossGraph((builder, x, t) => discreteSurvival(builder, x, t, { boundaries }), shapes);
    const { loss } = await graph.evaluate(1, { output: logits, target: [time, event] });
    expect(loss).toBeCloseTo(-Math.log(likelihood), 5);
    await graph.release();
  });

  test('is NaN for an event that is neither 0 nor 1', async () => {
    const graph = await lossGraph((builder, x, t) => discreteSurvival(builder, x, t, { boundaries }), shapes);
    expect((await graph.evaluate(1, { output: logits, target: [5, 2] })).loss).toBeNaN();
    await graph.release();
  });
});
