/** The graph of one step behind the face of the one that makes many. */

import { tensor } from '../../runtime/tensor.js';
import type { GraphSession, NamedTensors } from '../device.js';
import type { StepGraph } from './step-graph.js';

/**
 * @param graph the one in a loop
 * @param session of the one without
 * @param feeds of a single step, for the one in a loop: all but the state with an axis of 1 in front
 * @returns what the one in a loop would give, with the same bits
 */
export async function runOneStep(graph: StepGraph, session: GraphSession, feeds: NamedTensors): Promise<NamedTensors> {
  const [given, made] = [new Set<string>(), new Set<string>()];
  for (const { input, output } of graph.state) {
    given.add(input);
    made.add(output);
  }
  const results = await session.run(
    mapped(feeds, (name, shape) => {
      if (given.has(name)) return shape;
      if (shape[0] !== 1) throw new RangeError(`"${name}" is fed for ${shape[0]} steps, and the graph makes one`);
      return shape.slice(1);
    }),
  );
  return mapped(results, (name, shape) => (made.has(name) ? shape : [1, ...shape]));
}

function mapped(
  tensors: NamedTensors,
  shapeOf: (name: string, shape: readonly number[]) => readonly number[],
): NamedTensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { dtype, shape, data }]) => [name, tensor(dtype, shapeOf(name, shape), data)]),
  );
}
