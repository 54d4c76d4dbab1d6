/** The graph of one step behind the face of the one that makes many. */

import { tensor } from '../../runtime/tensor.js';
import type { Feeds } from '../device.js';
import type { StepGraph } from './step-graph.js';

/**
 * @param graph the one in a loop
 * @param run of the session of the one without
 * @param feeds of a single step, for the one in a loop: all but the state with an axis of 1 in front
 * @returns what the one in a loop would give, with the same bits
 */
export async function runOneStep(
  graph: StepGraph,
  run: (feeds: Feeds) => Promise<Feeds>,
  feeds: Feeds,
): Promise<Feeds> {
  const [given, made] = [new Set<string>(), new Set<string>()];
  for (const { input, output } of graph.state) {
    given.add(input);
    made.add(output);
  }
  const results = await run(
    mapped(feeds, (name, shape) => {
      if (given.has(name)) return shape;
      if (shape[0] !== 1) throw new RangeError(`"${name}" is fed for ${shape[0]} steps, and the graph makes one`);
      return shape.slice(1);
    }),
  );
  return mapped(results, (name, shape) => (made.has(name) ? shape : [1, ...shape]));
}

/** What lies on a GPU is state, whose shape is the same for both. */
function mapped(tensors: Feeds, shapeOf: (name: string, shape: readonly number[]) => readonly number[]): Feeds {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, value]) => [
      name,
      'data' in value ? tensor(value.dtype, shapeOf(name, value.shape), value.data) : value,
    ]),
  );
}
