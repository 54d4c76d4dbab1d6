/** What an optimiser is: a row that turns a gradient into a new parameter, as graph nodes. */
import type { Arithmetic, NodeOptions, Value } from '../onnx/index.js';

/** The values that all parameters of one group and one element type share in a step. */
export interface StepValues {
  /** Scalar, of the parameters' type. */
  readonly learningRate: Value;
  /** Number of this step, from 1: a float64 scalar, because 1 - 0.999^t has five digits only in float32. */
  readonly step: Value | undefined;
  /** The row's running scalars as this step leaves them: float64, in the order of the row. */
  readonly running: readonly Value[];
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

/** A float64 scalar that a rule carries from step to step, one for all parameters of a group. */
export interface RunningScalar<H> {
  readonly name: string;
  /** What the first step finds. */
  readonly initial: number;
  /** Its value after the step with that number. */
  next(math: Arithmetic, last: Value, step: Value, hyper: H): Value;
}

/** `H`: the hyper-parameters, all of them given. */
export interface OptimizerRule<H> {
  readonly defaults: H;
  /** Says what is wrong with the hyper-parameters, or nothing. */
  check(hyper: H): string | undefined;
  /** The tensors that the rule keeps for each parameter, each of its shape: name, and the number that fills it at first. */
  moments(hyper: H): Readonly<Record<string, number>>;
  /** Whether the rule needs the number of the step. */
  countsSteps(hyper: H): boolean;
  /** Needs a rule that counts steps. */
  readonly running?: readonly RunningScalar<H>[];
  /** Scalars that every parameter's update needs, computed once a step. */
  shared?(math: Arithmetic, step: StepValues, hyper: H): readonly Value[];
  update(call: UpdateCall, hyper: H): Update;
}
