/** Puts an optimiser into a graph: its state comes in, the new state goes out. */

import { elementCount, type Tensor } from '../../runtime/tensor.js';
import { DATA_TYPES } from '../onnx/data-types.js';
import { Arithmetic, type GraphBuilder, OnnxError, type Value } from '../onnx/index.js';
import { isStatic } from '../onnx/shape.js';
import { type ParameterGroup, resolveGroups, type UpdateGroup } from './groups.js';
import type { StepValues } from './rule.js';
import { hyperParameters, type OptimizerSettings, ruleOf } from './settings.js';

/** A parameter and the gradient of the loss with respect to it, of one shape and type. */
export interface Trainable {
  readonly name: string;
  readonly parameter: Value;
  readonly gradient: Value;
}

/** A tensor that the host keeps from step to step: what it feeds as `input` next is what `output` gave. */
export interface StateSlot {
  readonly name: string;
  /**
   * `moment`: what the optimiser keeps, of the shape of a parameter, or a float64 scalar for all of them.
   * `average`: a running average of a parameter.
   */
  readonly role: 'parameter' | 'moment' | 'step' | 'average';
  readonly input: Value;
  readonly output: Value;
  /** What the first step is fed; absent where it is the value of a parameter, which the model holds. */
  readonly initial?: Tensor;
  /** The parameter with whose value an average starts. */
  readonly startsAs?: string;
}

/** What the parameters of one group have in common; those of no group are one, too. */
interface Common {
  readonly group: UpdateGroup | undefined;
  readonly hyper: object;
  /** The running scalars after this step, once per group. */
  readonly running: readonly Value[];
  /** By element type. */
  readonly shared: Map<string, { readonly rate: Value; readonly values: readonly Value[] }>;
}

/**
 * Adds the update of every parameter, in the order given, and the inputs of the optimiser's state.
 * The updates are to be the graph's last nodes: see the order of emission in {@link trainingGraph}.
 *
 * @param learningRate a floating-point scalar
 * @param groups parameters that train otherwise than `settings` say; see {@link resolveGroups}
 * @throws OnnxError when the optimiser is unknown, one of its settings unknown or out of range, or a group wrong
 */
export function emitUpdates(
  graph: GraphBuilder,
  settings: OptimizerSettings,
  trainables: readonly Trainable[],
  learningRate: Value,
  groups: readonly ParameterGroup[] = [],
): StateSlot[] {
  const math = new Arithmetic(graph);
  const rule = ruleOf(settings);
  const slots: StateSlot[] = [];
  const named = trainables.map(({ name, parameter: { shape } }) => ({ name, shape }));
  const groupOf = resolveGroups(named, groups);
  const present = [...new Set(trainables.map(({ name }) => groupOf.get(name)))];
  const hypers = present.map((group) => hyperParameters(settings, group?.settings, ofGroup(group)));
  const step = hypers.some((hyper) => rule.countsSteps(hyper)) ? countSteps(graph, math, slots) : undefined;
  const commons = new Map(present.map((group, index) => [group, commonOf(group, hypers[index]!)]));

  for (const { name, parameter, gradient } of trainables) {
    graph.names.within(`update/${name}`, () => {
      const common = commons.get(groupOf.get(name))!;
      const { rate, values: shared } = graph.names.within('update', () => shareOf(common, parameter));
      const kept = Object.entries(rule.moments(common.hyper));
      const moments = kept.map(([moment]) =>
        graph.input(graph.names.unused(`${name}/${moment}`), parameter.dtype, parameter.shape),
      );
      const next = {
        parameter: { name: graph.names.unused(`${name}/next`) },
        moments: moments.map((moment) => ({ name: graph.names.unused(`${moment.name}/next`) })),
      };
      const call = { math, parameter, gradient, moments, shared, learningRate: rate, next };
      const update = rule.update(call, common.hyper);
      slots.push({ name, role: 'parameter', input: parameter, output: update.parameter });
      for (const [index, input] of moments.entries()) {
        const output = update.moments[index]!;
        slots.push({ name: input.name, role: 'moment', input, output, initial: filled(input, kept[index]![1]) });
      }
    });
  }
  return slots;

  function commonOf(group: UpdateGroup | undefined, hyper: object): Common {
    const running = (rule.running ?? []).map(({ name, initial, next }) => {
      const input = graph.input(graph.names.unused(group ? `${group.name}/${name}` : name), 'float64', []);
      const output = graph.names.within('update', () => next(math, input, step!, hyper));
      slots.push({ name: input.name, role: 'moment', input, output, initial: filled(input, initial) });
      return output;
    });
    return { group, hyper, running, shared: new Map() };
  }

  function shareOf({ group, hyper, running, shared }: Common, { dtype }: Value) {
    const known = shared.get(dtype);
    if (known) return known;
    const { learningRateScale: scale = 1 } = group ?? {};
    const common = math.cast(learningRate, dtype);
    const rate = scale === 1 ? common : math.mul(common, scale);
    const values: StepValues = { learningRate: rate, step, running };
    const made = { rate, values: rule.shared?.(math, values, hyper) ?? [] };
    shared.set(dtype, made);
    return made;
  }
}

function ofGroup(group: UpdateGroup | undefined): string {
  return group ? ` of the parameter group "${group.name}"` : '';
}

/** @returns the number of this step, from 1, as float64 */
function countSteps(graph: GraphBuilder, math: Arithmetic, slots: StateSlot[]): Value {
  const input = graph.input(graph.names.unused('step'), 'int64', []);
  const output = math.add(input, 1, { name: graph.names.unused(`${input.name}/next`) });
  slots.push({
    name: input.name,
    role: 'step',
    input,
    output,
    initial: { dtype: 'int64', shape: [], data: new BigInt64Array(1) },
  });
  return math.cast(output, 'float64');
}

function filled({ name, dtype, shape }: Value, value: number): Tensor {
  if (!isStatic(shape)) throw new OnnxError(`the parameter of "${name}" must have a known shape`);
  const count = elementCount(shape);
  if (dtype === 'float64') return { dtype, shape, data: new Float64Array(count).fill(value) };
  if (dtype === 'float32') return { dtype, shape, data: new Float32Array(count).fill(value) };
  if (value === 0) return { dtype, shape, data: new DATA_TYPES[dtype].array(count) };
  throw new OnnxError(`"${name}" starts at ${value}: keep the parameter in float32, not ${dtype}`);
}
