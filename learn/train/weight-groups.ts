/** Weights that train otherwise than the rest: named by patterns, and those that have no decay. */
import { OnnxError } from '../onnx/index.js';
import { type GroupedParameter, matchesName, PARAMETER_KINDS, type ParameterGroup } from '../optimizers/index.js';

/** Weights by their names, in which `*` stands for any characters (`layer4.*`). */
export interface WeightGroup {
  readonly parameters: readonly string[];
  /** Times the learning rate of the training; a finite number >= 0. Default 1. */
  readonly learningRateScale?: number;
  /** In place of the optimiser's. */
  readonly weightDecay?: number;
}

/** Names that a message lists before it stops. */
const MOST_NAMES = 20;

/**
 * The groups of the training graph. With `decaysOnlyMatrices` each group is parted once more, so that what must not decay does not,
 * whatever group it is in.
 * @throws OnnxError when a pattern fits no weight, or a weight is in two groups
 */
export function parameterGroups(
  parameters: readonly GroupedParameter[],
  groups: readonly WeightGroup[],
  decaysOnlyMatrices: boolean,
): ParameterGroup[] {
  const memberOf = new Map<string, number>();
  for (const [index, { parameters: patterns }] of groups.entries()) {
    for (const pattern of patterns) {
      const fitting = parameters.filter(({ name }) => matchesName(name, pattern));
      if (fitting.length === 0)
        throw new OnnxError(
          `group ${index + 1}: no trained weight is called "${pattern}": there is ${listed(parameters)}`,
        );
      for (const { name } of fitting) {
        const other = memberOf.get(name) ?? index;
        if (other !== index)
          throw new OnnxError(`"${name}" is in group ${other + 1} and in group ${index + 1}: keep it in one of them`);
        memberOf.set(name, index);
      }
    }
  }
  const withoutDecay = (parameter: GroupedParameter): boolean =>
    decaysOnlyMatrices && PARAMETER_KINDS.biases_and_normalisation(parameter);
  const chosen = (name: string, settings: object, has: (parameter: GroupedParameter) => boolean): ParameterGroup[] =>
    parameters.some(has) ? [{ name, parameters: has, ...settings }] : [];
  const parts = groups.flatMap(({ parameters: _, ...settings }, index) => {
    const inside = ({ name }: GroupedParameter): boolean => memberOf.get(name) === index;
    return [
      ...chosen(`group ${index + 1}`, settings, (one) => inside(one) && !withoutDecay(one)),
      ...chosen(
        `group ${index + 1} without decay`,
        { ...settings, weightDecay: 0 },
        (one) => inside(one) && withoutDecay(one),
      ),
    ];
  });
  const rest = chosen('without decay', { weightDecay: 0 }, (one) => !memberOf.has(one.name) && withoutDecay(one));
  return [...parts, ...rest];
}

export function listed(parameters: readonly { readonly name: string }[]): string {
  const names = parameters.slice(0, MOST_NAMES).map(({ name }) => `"${name}"`);
  const more = parameters.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
