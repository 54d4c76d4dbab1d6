/** Words that the contract knows and this version cannot do yet: refused in a sentence that says so, never ignored. */
import { z } from 'zod';
import { quoted } from './received.js';

/**
 * One of `available`; a word of `later` is told apart from a typing error. The JSON Schema shows only what is available.
 * @param instead what to do, a full clause: `use "mlp"`
 */
export function choice<const Available extends readonly [string, ...string[]]>(
  available: Available,
  later: readonly string[],
  instead: string,
) {
  return z.enum(available, {
    error: ({ input }) =>
      typeof input === 'string' && later.includes(input)
        ? `${quoted(input)} is not available in this version: ${instead}`
        : undefined,
  });
}

/**
 * A key for something that is still to come. `false`, `null` and leaving it out are accepted, and so is every word
 * that says the same as leaving it out.
 * @param instead what to do, a full clause
 */
export function notYet(instead: string, ...same: readonly (string | number | boolean)[]) {
  return z
    .literal([false, null, ...same], { error: () => `is not available in this version: ${instead}` })
    .optional()
    .meta({ description: 'Not available in this version.' });
}
