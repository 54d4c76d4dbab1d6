/** What the options of all networks have in common, and what is refused in them. */
import { ACTIVATIONS, type Activation } from './activation.js';

/** @throws RangeError naming the first that is no whole number >= 1 */
export function checkSizes(what: string, sizes: readonly number[]): void {
  const wrong = sizes.find((size) => !(Number.isSafeInteger(size) && size >= 1));
  if (wrong !== undefined) throw new RangeError(`${what} are whole numbers >= 1, not ${wrong}`);
}

/** @throws RangeError */
export function checkDropout(dropout: number): void {
  if (!(dropout >= 0 && dropout < 1)) throw new RangeError(`dropout is from 0 to below 1, not ${dropout}`);
}

/** @throws RangeError */
export function checkActivation(activation: Activation): void {
  checkChoice('activation', activation, Object.keys(ACTIVATIONS));
}

/** @throws RangeError */
export function checkChoice(what: string, given: string | number, choices: readonly (string | number)[]): void {
  if (choices.includes(given)) return;
  const quoted = typeof given === 'string' ? `"${given}"` : given;
  throw new RangeError(`there is no ${what} ${quoted}: choose one of ${choices.join(', ')}`);
}
