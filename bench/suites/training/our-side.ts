/** Our side of a row: the program in a process of its own, asked for rounds. */
import { clientSettings } from '../../clients/index.js';
import { type LineChild, startLineChild } from '../../harness/line-child.js';
import type { SuiteContext } from '../../harness/suite.js';
import {
  LEAST_ROUND_STEPS,
  OPEN_DEADLINE,
  QUICK_LEAST_ROUND_STEPS,
  QUICK_ROUND_SECONDS,
  ROUND_SECONDS,
} from './defaults.js';
import type { TrainingQuestions } from './program.js';

type Ask<Name extends keyof TrainingQuestions> = TrainingQuestions[Name]['ask'];
type Answer<Name extends keyof TrainingQuestions> = TrainingQuestions[Name]['answer'];

/** A process that trains. */
export interface TrainingProcess {
  /** Rejects with what went wrong over there. */
  ask<Name extends keyof TrainingQuestions>(
    name: Name,
    question: Ask<Name>,
    signal?: AbortSignal,
  ): Promise<Answer<Name>>;
  close(): Promise<void>;
}

/** Starts one. @param nodeOptions options of Node itself, for instance `--expose-gc` */
export type StartProcess = (context: SuiteContext, nodeOptions?: readonly string[]) => Promise<TrainingProcess>;

export class OurSide implements TrainingProcess {
  readonly #child: LineChild;

  private constructor(child: LineChild) {
    this.#child = child;
  }

  static async start(context: SuiteContext, nodeOptions: readonly string[] = []): Promise<TrainingProcess> {
    const side = new OurSide(startLineChild(clientSettings('training-program', context, [], nodeOptions)));
    try {
      await side.#child.answer(AbortSignal.timeout(OPEN_DEADLINE));
      return side;
    } catch (error) {
      await side.close();
      throw error;
    }
  }

  async ask<Name extends keyof TrainingQuestions>(
    name: Name,
    question: Ask<Name>,
    signal: AbortSignal = AbortSignal.timeout(OPEN_DEADLINE),
  ): Promise<Answer<Name>> {
    return (await this.#child.request({ do: name, ...question }, signal)) as Answer<Name>;
  }

  async close(): Promise<void> {
    await this.#child.stop();
  }
}

/** How many steps fill a round, once everything is warm. */
export async function stepsOfARound(process: TrainingProcess, { quick }: SuiteContext): Promise<number> {
  const wanted = quick ? QUICK_ROUND_SECONDS : ROUND_SECONDS;
  const least = quick ? QUICK_LEAST_ROUND_STEPS : LEAST_ROUND_STEPS;
  await process.ask('round', { steps: 1 });
  let steps = least;
  for (;;) {
    const { seconds, steps: made } = await process.ask('round', { steps });
    if (seconds >= wanted) return made;
    steps = Math.max(made + 1, Math.ceil(made * Math.min(10, (1.1 * wanted) / seconds)));
  }
}
