/** A client that measures: in a process of its own, so that it shares no event loop with the server or the harness. */
import { answerLines, type Question } from '../harness/answer-lines.js';
import { timePauses } from './pauses.js';
import { timeRequests } from './requests.js';
import { timeRunEvents } from './run-events.js';
import { stepDuration } from './steps.js';

/** What it can be asked to do. Times are in seconds. */
export interface MeasuringQuestions {
  requests: {
    readonly ask: { readonly url: string; readonly count: number; readonly concurrency: number };
    readonly answer: { readonly seconds: readonly number[]; readonly bytes: number };
  };
  runEvents: {
    readonly ask: { readonly url: string; readonly workflow: object };
    readonly answer: { readonly seconds: readonly number[]; readonly emitted: number; readonly merged: number };
  };
  pauses: {
    /** @param waits ms between a resume and the next pause */
    readonly ask: { readonly url: string; readonly job: string; readonly waits: readonly number[] };
    readonly answer: { readonly seconds: readonly number[] };
  };
  steps: {
    readonly ask: { readonly url: string; readonly job: string; readonly events: number };
    readonly answer: { readonly seconds: number };
  };
}

type Does = {
  readonly [Name in keyof MeasuringQuestions]: (ask: never) => Promise<MeasuringQuestions[Name]['answer']>;
};

const DOES: Does = { requests: timeRequests, runEvents: timeRunEvents, pauses: timePauses, steps: stepDuration };

export function measuringClient(): Promise<void> {
  return answerLines(answerMeasuring);
}

export async function answerMeasuring({ do: name, ...ask }: Question): Promise<object> {
  if (typeof name !== 'string' || !Object.hasOwn(DOES, name))
    throw new Error(`there is nothing to measure called ${JSON.stringify(name)}: ${Object.keys(DOES).join(', ')}`);
  return DOES[name as keyof Does](ask as never);
}
