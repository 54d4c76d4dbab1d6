/** What an optimiser is: a row that turns a gradient into a new parameter, as graph nodes. */
import type { Arithmetic, NodeOptions, Value } from '../onnx/index.js';

/** The values that all parameters of one element type share in a step. */
export interface StepValues {
  /** Scalar, of the parameters' type. */
  readonly learningRate: Value;
  /** Number of this step, from 1: a float64 scalar, because 1 - 0.999^t has five digits only in float32. */
  readonly step: Value | undefined;
}

/** One parameter in one step. */
export interface UpdateCall {
  readonly math: Arithmetic;
  readonly parameter: Value;
  readonly gradient: Value;
  /** The moments as the last step left them, in the order of the row's names. */
  readonly moments: readonly Value[];
  /** What the row's `shared` gave. */
  readonly shared: readonly Value[];
  readonly learningRate: Value;
  /** Names for the nodes that give the new tensors: an Identity in their place would copy them. */
  readonly next: { readonly parameter: NodeOptions; readonly moments: readonly NodeOptions[] };
}

export interface Update {
  readonly parameter: Value;
  readonly moments: readonly Value[];
}

/** `H`: the hyper-parameters, all of them given. */
export interface OptimizerRule<H> {
  readonly defaults: H;
  /** Says what is wrong with the hyper-parameters, or nothing. */
  check(hyper: H): string | undefined;
  /** Names of the tensors that the rule keeps for each parameter, each of its shape; they start as zeros. */
  moments(hyper: H): readonly string[];
  /** Whether the rule counts steps. */
  readonly countsSteps: boolean;
  /** Scalars that every parameter's update needs, computed once a step. */
  shared?(math: Arithmetic, step: StepValues, hyper: H): readonly Value[];
  update(call: UpdateCall, hyper: H): Update;
}
