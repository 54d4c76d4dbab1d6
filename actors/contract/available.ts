/** Words that the contract knows and this version cannot do yet: refused in a sentence that says so, never ignored. */
import { z } from 'zod';
import { suggestion } from './nearest.js';
import { quoted } from './received.js';

/**
 * One of `available`; a word of `later` is told apart from a typing error. The JSON Schema shows only what is available.
 * @param later words, or words with what to do in place of each
 * @param instead what to do, a full clause: `use "mlp"`
 */
export function choice<const Available extends readonly [string, ...string[]]>(
  available: Available,
  later: readonly string[] | Readonly<Record<string, string>>,
  instead: string,
) {
  const sentences: Readonly<Record<string, string>> = isList(later)
    ? Object.fromEntries(later.map((word) => [word, instead]))
    : later;
  return z.enum(available, {
    error: ({ input }) =>
      typeof input === 'string' && Object.hasOwn(sentences, input)
        ? `${quoted(input)} is not available in this version: ${sentences[input]}`
        : undefined,
  });
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value);
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

type Variant = z.ZodObject<{ type: z.ZodLiteral<string> }>;

/** A word alone, or an object with that word as `type` and its settings. A fault is told for the form that was meant. */
export function wordOrSettings<Word extends z.ZodType<string>, const Variants extends readonly [Variant, ...Variant[]]>(
  word: Word,
  variants: Variants,
) {
  const types = variants.map(({ shape }) => shape.type.value);
  const settings = z.discriminatedUnion('type', variants, {
    error: ({ code, input }) => {
      if (code !== 'invalid_union') return undefined;
      const type = (input as { type?: unknown } | null)?.type;
      if (type === undefined) return `is required: one of ${types.map(quoted).join(', ')}`;
      const alone = word.safeParse(type);
      const refused = alone.success ? undefined : alone.error.issues[0]?.message;
      if (refused?.includes('not available')) return refused;
      return typeof type === 'string'
        ? `there is no ${quoted(type)}. ${suggestion(type, types)}`
        : `is one of ${types.map(quoted).join(', ')}`;
    },
  });
  return z.union([word, settings], {
    // Of the two forms a text can only have meant the first one.
    error: (issue) =>
      issue.code === 'invalid_union' && typeof issue.input === 'string' ? issue.errors[0]?.[0]?.message : undefined,
  });
}
