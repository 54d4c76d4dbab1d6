/** How the graph of a step is fed and read. */
import type { StateTensor, TrainingGraph } from '../training-graph/index.js';

/** A training graph without what is heavy: its bytes, which the session has, and the first values of the state. */
export type StepGraph = Omit<TrainingGraph, 'bytes' | 'model' | 'state'> & {
  readonly state: readonly Omit<StateTensor, 'initial'>[];
  /** The symbol that the shapes of `random` have for the rows of a batch, where they have one. */
  readonly rows: string;
};

/** What is to be kept of a graph while it trains: the first weights and moments of a ResNet-18 alone are 89 MB. */
export function stepGraph({ bytes: _, model, state, ...about }: TrainingGraph): StepGraph {
  const x = model.graph?.input.find(({ name }) => name === about.inputs.x)?.type?.tensorType;
  return {
    ...about,
    state: state.map(({ initial: __, ...tensor }) => tensor),
    rows: x?.shape?.dim[about.steps ? 1 : 0]?.dimParam ?? 'N',
  };
}
