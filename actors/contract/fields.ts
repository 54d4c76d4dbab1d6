/** The kinds of field that several bodies share, each with its bounds. */
import { z } from 'zod';

/** A name that people give; shown in lists. */
export const title = z.string().trim().min(1).max(200);

export const description = z.string().max(10_000).nullish();

/** A path or a reference to a file. Whether it lies below an allowed folder is decided where it is opened. */
export const path = z
  .string()
  .min(1)
  .max(4096)
  .refine((text) => !text.includes('\0'), { error: 'must not contain a zero byte' });

/** The name of a column or of a class. */
export const name = z.string().min(1).max(1000);

/** A seed of the random numbers: whole, from 0 to 2^53 - 1. */
export const seed = z.int().min(0);

/** A list in which nothing stands twice; a second one is named. */
export function distinct<Entry extends z.ZodType<string | number>>(entry: Entry, least: number, most: number) {
  return z
    .array(entry)
    .min(least)
    .max(most)
    .superRefine((entries, context) => {
      const seen = new Set<string | number>();
      entries.forEach((value, index) => {
        if (seen.has(value)) {
          context.addIssue({
            code: 'custom',
            path: [index],
            message: `${JSON.stringify(value)} stands twice in the list: keep one`,
          });
        }
        seen.add(value);
      });
    });
}
