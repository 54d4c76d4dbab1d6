/** Parameter groups: tensors that train with another learning rate, or with other settings of the optimiser, than the rest. */
import { OnnxError, type Value } from '../onnx/index.js';
import type { OptimizerSettings } from './settings.js';

/** What a group is chosen by. */
export type GroupedParameter = Pick<Value, 'name' | 'shape'>;

/** Choices that have a name. Plain data, so that they can stand in a request. */
export const PARAMETER_KINDS = {
  /** Rank 0 and 1: biases, and scales and shifts of normalisation. By custom they have no weight decay. */
  biases_and_normalisation: ({ shape }: GroupedParameter) => shape.length <= 1,
} as const;

type SettingsOf<S> = S extends OptimizerSettings ? Omit<S, 'type'> : never;

/** A group of parameters. Every setting of the optimiser that it names takes the place of the common one. */
export type ParameterGroup = {
  readonly name: string;
  /** Names, in which `*` stands for any characters (`layer4.*`); a kind; or a function that chooses. */
  readonly parameters: readonly string[] | keyof typeof PARAMETER_KINDS | ((parameter: GroupedParameter) => boolean);
  /** Times the common learning rate; a finite number >= 0. Default 1. */
  readonly learningRateScale?: number;
} & SettingsOf<OptimizerSettings>;

/** A group as the updates need it. */
export interface UpdateGroup {
  readonly name: string;
  readonly learningRateScale: number;
  /** Settings of the optimiser in place of the common ones. */
  readonly settings: object;
}

/** The custom of most recipes: biases and normalisation do not decay. */
export const WITHOUT_DECAY: ParameterGroup = {
  name: 'biases and normalisation',
  parameters: 'biases_and_normalisation',
  weightDecay: 0,
};

/**
 * The group of every parameter that is in one, by the parameter's name. The others train as the settings say.
 *
 * @throws OnnxError when two groups have one name or one parameter, a group is empty, or a name fits no parameter
 */
export function resolveGroups(
  parameters: readonly GroupedParameter[],
  groups: readonly ParameterGroup[],
): ReadonlyMap<string, UpdateGroup> {
  const chosen = new Map<string, UpdateGroup>();
  const names = new Set<string>();
  for (const { name, parameters: choice, learningRateScale = 1, ...settings } of groups) {
    if (names.has(name)) throw new OnnxError(`two parameter groups are called "${name}": rename one of them`);
    names.add(name);
    if (!(learningRateScale >= 0 && Number.isFinite(learningRateScale)))
      throw new OnnxError(`the learningRateScale of the parameter group "${name}" is >= 0, not ${learningRateScale}`);
    const group: UpdateGroup = { name, learningRateScale, settings };
    const members = membersOf(name, choice, parameters);
    if (members.length === 0) throw new OnnxError(`the parameter group "${name}" is empty: take it out`);
    for (const member of members) {
      const other = chosen.get(member);
      if (other)
        throw new OnnxError(
          `the parameter "${member}" is in the groups "${other.name}" and "${name}": keep it in one of them`,
        );
      chosen.set(member, group);
    }
  }
  return chosen;
}

function membersOf(
  group: string,
  choice: ParameterGroup['parameters'],
  parameters: readonly GroupedParameter[],
): string[] {
  if (typeof choice === 'function') return parameters.filter(choice).map(({ name }) => name);
  if (typeof choice === 'string') {
    if (Object.hasOwn(PARAMETER_KINDS, choice)) return membersOf(group, PARAMETER_KINDS[choice], parameters);
    throw new OnnxError(
      `the parameter group "${group}" asks for the kind "${choice}": there is ${Object.keys(PARAMETER_KINDS).join(', ')}`,
    );
  }
  const members = new Set<string>();
  for (const pattern of choice) {
    const fitting = parameters.filter(({ name }) => matchesName(name, pattern));
    if (fitting.length === 0) {
      const known = parameters.map(({ name }) => name).join(', ');
      throw new OnnxError(`the parameter group "${group}": no trained parameter is called "${pattern}", only ${known}`);
    }
    for (const { name } of fitting) members.add(name);
  }
  return [...members];
}

/** Whether a name fits a pattern, in which `*` stands for any characters. */
export function matchesName(name: string, pattern: string): boolean {
  if (name === pattern) return true;
  const [first, ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined || !name.startsWith(first!)) return false;
  let place = first!.length;
  for (const part of rest) {
    const found = name.indexOf(part, place);
    if (found < 0) return false;
    place = found + part.length;
  }
  return name.length - last.length >= place && name.endsWith(last);
}
