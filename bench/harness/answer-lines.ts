/** The other side of a line child: a process of the bench's own that answers lines of JSON until its input ends. */
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export type Question = Readonly<Record<string, unknown>>;

/** Says that it is ready, then answers one question after another; what throws is answered with `{"error": ...}`. */
export async function answerLines(
  answer: (question: Question) => object | Promise<object>,
  input: Readable = process.stdin,
  output: Writable = process.stdout,
): Promise<void> {
  const say = (line: object): void => void output.write(`${JSON.stringify(line)}\n`);
  say({ ready: true });
  for await (const line of createInterface({ input })) {
    try {
      say(await answer(JSON.parse(line) as Question));
    } catch (error) {
      say({ error: error instanceof Error ? error.message : String(error) });
    }
  }
}
