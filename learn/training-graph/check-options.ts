/** What the options of a training graph may be: a word that is misspelt is refused, never passed over. */
import { LOWERINGS } from '../lowerings/index.js';
import { OnnxError } from '../onnx/index.js';
import { SQUARE_ROOT_OF_DEPTH } from './checkpointing.js';
import type { TrainingGraphOptions } from './options.js';

/** Says what the option must be, unless it is that. */
type Check = (value: unknown) => string | undefined;

const oneOf =
  (...choices: readonly string[]): Check =>
  (value) =>
    choices.includes(value as string) ? undefined : `one of ${choices.join(', ')}`;
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'true or false');
const settings: Check = (value) => (isObject(value) && 'type' in value ? undefined : 'settings with a `type`');
const above0: Check = (value) =>
  typeof value === 'number' && value > 0 && Number.isFinite(value) ? undefined : 'a finite number above 0';

function isListOf(value: unknown, fits: (entry: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(fits);
}

const CHECKS: { readonly [Name in keyof Required<TrainingGraphOptions>]: Check } = {
  model: (value) => (isObject(value) && 'opsetImport' in value ? undefined : 'a model, as readModel gives it'),
  loss: settings,
  optimizer: settings,
  trainable: (value) =>
    value === 'all' || isListOf(value, (name) => typeof name === 'string') ? undefined : '"all" or a list of names',
  idle: oneOf('refuse', 'freeze'),
  groups: (value) => {
    const named = isListOf(value, (group) => isObject(group) && 'name' in group && typeof group.name === 'string');
    return named ? undefined : 'a list of groups, each with a name';
  },
  clipNorm: above0,
  clipValue: above0,
  sampleWeights: flag,
  accumulate: flag,
  averageDecay: (value) =>
    typeof value === 'number' && value >= 0 && value < 1 ? undefined : 'a number from 0 to below 1',
  averageWarmUp: flag,
  provider: oneOf(...Object.keys(LOWERINGS)),
  precision: oneOf('float32', 'mixed'),
  batch: (value) => (Number.isSafeInteger(value) && (value as number) >= 1 ? undefined : 'a whole number >= 1'),
  cpuLayout: (value) => (isObject(value) ? undefined : 'a layout in blocks'),
  checkpointing: (value) =>
    value === SQUARE_ROOT_OF_DEPTH ||
    (isObject(value) && ('segments' in value || ('boundaries' in value && Array.isArray(value.boundaries))))
      ? undefined
      : `"${SQUARE_ROOT_OF_DEPTH}", { segments } or { boundaries }`,
  batchStatistics: oneOf('trained', 'none'),
};

/** @throws OnnxError naming the first option that is unknown or cannot be what it is; what is `undefined` counts as not given */
export function checkTrainingGraphOptions(options: TrainingGraphOptions): void {
  const known: Readonly<Record<string, Check>> = CHECKS;
  for (const name of ['model', 'loss', 'optimizer'] as const)
    if (options[name] === undefined)
      throw new OnnxError(`a training graph needs the option ${name}: ${known[name]!(undefined)}`);
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(known, name))
      throw new OnnxError(`a training graph has no option "${name}": it has ${Object.keys(known).join(', ')}`);
    const wanted = value === undefined ? undefined : known[name]!(value);
    if (wanted) throw new OnnxError(`the option ${name} of a training graph is ${wanted}, not ${described(value)}`);
  }
}

function described(value: unknown): string {
  if (Array.isArray(value)) return 'this list';
  return isObject(value) ? `an object with ${Object.keys(value).join(', ') || 'nothing in it'}` : String(value);
}
