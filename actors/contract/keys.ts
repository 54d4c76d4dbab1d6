/** Which keys a schema knows: for "did you mean", and to tell configuration from the rest of a node's data. */
import { z } from 'zod';

/**
 * The keys that an object schema declares, through defaults, optionals, pipes and unions; `undefined` for a schema
 * that takes any key or is no object.
 */
export function declaredKeys(schema: z.core.$ZodType): readonly string[] | undefined {
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape);
  if (schema instanceof z.ZodPipe) return declaredKeys(schema.in) ?? declaredKeys(schema.out);
  if (schema instanceof z.ZodLazy) return declaredKeys(schema.unwrap());
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly ||
    schema instanceof z.ZodNonOptional
  ) {
    return declaredKeys(schema.unwrap());
  }
  if (schema instanceof z.ZodUnion) return joined(schema.options);
  if (schema instanceof z.ZodIntersection) return joined([schema.def.left, schema.def.right]);
  return undefined;
}

function joined(schemas: readonly z.core.$ZodType[]): readonly string[] | undefined {
  const keys = new Set<string>();
  for (const schema of schemas) {
    const own = declaredKeys(schema);
    if (own === undefined) return undefined;
    for (const key of own) keys.add(key);
  }
  return [...keys];
}
