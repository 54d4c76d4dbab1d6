/** Puts an optimiser into a graph: its state comes in, the new state goes out. */

import { elementCount, type Tensor } from '../../runtime/tensor.js';
import { DATA_TYPES } from '../onnx/data-types.js';
import { Arithmetic, type GraphBuilder, OnnxError, type Value } from '../onnx/index.js';
import { isStatic } from '../onnx/shape.js';
import { ADAM, ADAM_W, type AdamSettings } from './adam.js';
import type { OptimizerRule, StepValues } from './rule.js';
import { SGD, type SgdSettings } from './sgd.js';

/** An optimiser by its name, with its settings. */
export type OptimizerSettings =
  | ({ readonly type: 'sgd' } & SgdSettings)
  | ({ readonly type: 'adam' } & AdamSettings)
  | ({ readonly type: 'adamw' } & AdamSettings);

/** The rule table. Each row's hyper-parameters are those of its settings, all of them given. */
const RULES: { readonly [T in OptimizerSettings['type']]: OptimizerRule<object> } = {
  sgd: SGD,
  adam: ADAM,
  adamw: ADAM_W,
};

export const OPTIMIZERS = Object.keys(RULES) as readonly OptimizerSettings['type'][];

export interface Trainable {
  readonly name: string;
  readonly parameter: Value;
  readonly gradient: Value;
}

/** A tensor that the host keeps from step to step: what it feeds as `input` next is what `output` gave. */
export interface StateSlot {
  readonly name: string;
  readonly role: 'parameter' | 'moment' | 'step';
  readonly input: Value;
  readonly output: Value;
  /** What the first step is fed; absent for a parameter, whose value the model holds. */
  readonly initial?: Tensor;
}

/**
 * Adds the update of every parameter, in the order given, and the inputs of the optimiser's state.
 * The updates are to be the graph's last nodes: see the order of emission in {@link trainingGraph}.
 *
 * @param learningRate a floating-point scalar
 * @throws OnnxError when the optimiser is unknown, or one of its settings unknown or out of range
 */
export function emitUpdates(
  graph: GraphBuilder,
  settings: OptimizerSettings,
  trainables: readonly Trainable[],
  learningRate: Value,
): StateSlot[] {
  const math = new Arithmetic(graph);
  const rule = ruleOf(settings);
  const hyper = hyperParameters(rule, settings);
  const slots: StateSlot[] = [];
  const step = rule.countsSteps ? countSteps(graph, math, slots) : undefined;
  const perType = new Map<string, { rate: Value; shared: readonly Value[] }>();
  for (const { name, parameter, gradient } of trainables) {
    graph.names.within(`update/${name}`, () => {
      const common = perType.get(parameter.dtype) ?? graph.names.within('update', () => shareOf(parameter));
      perType.set(parameter.dtype, common);
      const kept = rule.moments(hyper);
      const moments = kept.map((moment) =>
        graph.input(graph.names.unused(`${name}/${moment}`), parameter.dtype, parameter.shape),
      );
      const { rate, shared } = common;
      const next = {
        parameter: { name: `${name}/next` },
        moments: moments.map((moment) => ({ name: `${moment.name}/next` })),
      };
      const update = rule.update({ math, parameter, gradient, moments, shared, learningRate: rate, next }, hyper);
      slots.push({ name, role: 'parameter', input: parameter, output: update.parameter });
      for (const [index, input] of moments.entries()) {
        const output = update.moments[index]!;
        slots.push({ name: input.name, role: 'moment', input, output, initial: zeros(input) });
      }
    });
  }
  return slots;

  function shareOf({ dtype }: Value) {
    const values: StepValues = { learningRate: math.cast(learningRate, dtype), step };
    return { rate: values.learningRate, shared: rule.shared?.(math, values, hyper) ?? [] };
  }
}

function ruleOf(settings: OptimizerSettings): OptimizerRule<object> {
  if (Object.hasOwn(RULES, settings.type)) return RULES[settings.type];
  throw new OnnxError(`there is no optimiser "${settings.type}": choose one of ${OPTIMIZERS.join(', ')}`);
}

function hyperParameters(rule: OptimizerRule<object>, settings: OptimizerSettings): object {
  const { type, ...given } = settings;
  const defaults: object = rule.defaults;
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(defaults, name));
  if (unknown) {
    throw new OnnxError(
      `the optimiser ${type} has no setting "${unknown}": it has ${Object.keys(defaults).join(', ')}`,
    );
  }
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const hyper = { ...defaults, ...set };
  const fault = rule.check(hyper);
  if (fault) throw new OnnxError(`the optimiser ${type}: ${fault}`);
  return hyper;
}

/** @returns the number of this step, from 1, as float64 */
function countSteps(graph: GraphBuilder, math: Arithmetic, slots: StateSlot[]): Value {
  const input = graph.input(graph.names.unused('step'), 'int64', []);
  const output = math.add(input, 1, { name: `${input.name}/next` });
  slots.push({
    name: input.name,
    role: 'step',
    input,
    output,
    initial: { dtype: 'int64', shape: [], data: new BigInt64Array(1) },
  });
  return math.cast(output, 'float64');
}

function zeros({ name, dtype, shape }: Value): Tensor {
  if (!isStatic(shape)) throw new OnnxError(`the parameter of "${name}" must have a known shape`);
  return { dtype, shape, data: new DATA_TYPES[dtype].array(elementCount(shape)) };
}
