/** What of a training's state belongs to the model that it gives out. */
import type { StepGraph } from './step-graph.js';

/**
 * The tensors of the model, by their names in it, and where the state has what is given out of each: parameters and running statistics
 * belong to the model, and where a parameter is averaged, the average does.
 */
export function givenOut({ state }: Pick<StepGraph, 'state'>): Map<string, string> {
  const named = (role: string) => state.filter((entry) => entry.role === role).map(({ name }) => name);
  const [parameters, averages, statistics] = [named('parameter'), named('average'), named('statistic')];
  return new Map([
    ...parameters.map((name, index) => [name, averages[index] ?? name] as const),
    ...statistics.map((name) => [name, name] as const),
  ]);
}
