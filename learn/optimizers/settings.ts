/** The optimisers by their names, and their hyper-parameters. */
import { OnnxError } from '../onnx/index.js';
import { ADADELTA, type AdadeltaSettings } from './adadelta.js';
import { ADAGRAD, type AdagradSettings } from './adagrad.js';
import { ADAM, ADAM_W, type AdamSettings } from './adam.js';
import { ADAMAX, type AdamaxSettings } from './adamax.js';
import { LAMB, type LambSettings } from './lamb.js';
import { LION, type LionSettings } from './lion.js';
import { NADAM, type NadamSettings } from './nadam.js';
import { RADAM, type RadamSettings } from './radam.js';
import { RMSPROP, type RmspropSettings } from './rmsprop.js';
import type { OptimizerRule } from './rule.js';
import { SGD, type SgdSettings } from './sgd.js';

/** An optimiser by its name, with its settings. */
export type OptimizerSettings =
  | ({ readonly type: 'sgd' } & SgdSettings)
  | ({ readonly type: 'adam' } & AdamSettings)
  | ({ readonly type: 'adamw' } & AdamSettings)
  | ({ readonly type: 'nadam' } & NadamSettings)
  | ({ readonly type: 'radam' } & RadamSettings)
  | ({ readonly type: 'adamax' } & AdamaxSettings)
  | ({ readonly type: 'rmsprop' } & RmspropSettings)
  | ({ readonly type: 'adagrad' } & AdagradSettings)
  | ({ readonly type: 'adadelta' } & AdadeltaSettings)
  | ({ readonly type: 'lion' } & LionSettings)
  | ({ readonly type: 'lamb' } & LambSettings);

/** The rule table. Each row's hyper-parameters are those of its settings, all of them given. */
const RULES: { readonly [T in OptimizerSettings['type']]: OptimizerRule<object> } = {
  sgd: SGD,
  adam: ADAM,
  adamw: ADAM_W,
  nadam: NADAM,
  radam: RADAM,
  adamax: ADAMAX,
  rmsprop: RMSPROP,
  adagrad: ADAGRAD,
  adadelta: ADADELTA,
  lion: LION,
  lamb: LAMB,
};

/** What `type` of the settings of an optimiser may be. */
export const OPTIMIZERS = Object.keys(RULES) as readonly OptimizerSettings['type'][];

/** @throws OnnxError when there is no such optimiser */
export function ruleOf({ type }: OptimizerSettings): OptimizerRule<object> {
  if (Object.hasOwn(RULES, type)) return RULES[type];
  throw new OnnxError(`there is no optimiser "${type}": choose one of ${OPTIMIZERS.join(', ')}`);
}

/**
 * The hyper-parameters with their defaults. `overrides` go before `settings`; what is `undefined` counts as not given.
 * @throws OnnxError when one is unknown or out of range; `where` says whose it is
 */
export function hyperParameters(settings: OptimizerSettings, overrides: object = {}, where = ''): object {
  const { type, ...given } = settings;
  const rule = ruleOf(settings);
  const hyper: Record<string, unknown> = { ...rule.defaults };
  for (const [name, value] of [...Object.entries(given), ...Object.entries(overrides)]) {
    if (!Object.hasOwn(rule.defaults, name)) {
      const known = Object.keys(rule.defaults).join(', ');
      throw new OnnxError(`the optimiser ${type}${where} has no setting "${name}": it has ${known}`);
    }
    if (value !== undefined) hyper[name] = value;
  }
  const fault = rule.check(hyper);
  if (fault) throw new OnnxError(`the optimiser ${type}${where}: ${fault}`);
  return hyper;
}
