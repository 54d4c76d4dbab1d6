/** Our side in a process of its own, so that its memory and its threads are its own. */
import { createHash } from 'node:crypto';
import type { Provider } from '../../../learn/device.js';
import type { Checkpointing, Precision } from '../../../learn/index.js';
import { answerLines, type Question } from '../../harness/answer-lines.js';
import { drawBatches } from './batches.js';
import { writeHandover } from './handover.js';
import { NETWORKS, type NetworkName } from './networks.js';
import { peakMemory, residentMemory, restartPeak } from './peak-memory.js';
import { TrainingLoop } from './training-loop.js';

/** What it can be asked to do. */
export interface TrainingQuestions {
  /** Builds the training. */
  open: {
    readonly ask: {
      readonly network: NetworkName;
      readonly threads: number;
      readonly provider?: Provider;
      readonly precision?: Precision;
      readonly checkpointing?: Checkpointing;
      /** So many different batches take turns; 4 unless given. */
      readonly batches?: number;
      /** Keeps the present state alone: what is asked later goes on from where the training is. */
      readonly endless?: boolean;
      /** Where first weights and batches are left for the peer. */
      readonly folder?: string;
    };
    readonly answer: {
      /** Bytes that the process held before anything was built. */
      readonly idle: number;
      /** Whether the peaks told later leave the building out. */
      readonly peakRestarted: boolean;
    };
  };
  /** The losses of the first steps, all on the first batch. */
  losses: { readonly ask: { readonly steps: number }; readonly answer: { readonly losses: readonly number[] } };
  /**
   * SHA-256 of the moments after two steps from the beginning: with SGD, of the gradients. Two, because scales of 1 and moments of 0 hide
   * what rounds otherwise.
   */
  gradients: { readonly ask: object; readonly answer: { readonly hash: string } };
  /** Steps from the beginning: as many as given, or as fill the time. */
  round: {
    readonly ask: { readonly steps: number };
    readonly answer: {
      readonly steps: number;
      readonly seconds: number;
      readonly outside: number;
      /** Bytes. */
      readonly peak: number;
    };
  };
  /** Frees the training. */
  close: { readonly ask: object; readonly answer: object };
}

export function trainingProgram(): Promise<void> {
  return answerLines(trainingAnswers());
}

/** A function that answers one question after another about one training. */
export function trainingAnswers(): (question: Question) => Promise<object> {
  const idle = residentMemory();
  let loop: TrainingLoop | undefined;
  const opened = (): TrainingLoop => {
    if (!loop) throw new Error('no training is open: ask to open one first');
    return loop;
  };
  const does: {
    [Name in keyof TrainingQuestions]: (
      ask: TrainingQuestions[Name]['ask'],
    ) => Promise<TrainingQuestions[Name]['answer']>;
  } = {
    async open({ network: name, folder, batches: count, ...options }) {
      const description = NETWORKS[name];
      const batches = drawBatches(description, count);
      loop = await TrainingLoop.open(description, batches, options);
      if (folder !== undefined) {
        const weights = { ...(await loop.state('parameter')), ...(await loop.state('statistic')) };
        await writeHandover(folder, description.network, weights, batches);
      }
      return { idle, peakRestarted: restartPeak() };
    },
    async losses({ steps }) {
      opened().restart();
      return { losses: await opened().lossesOnOneBatch(steps) };
    },
    async gradients() {
      opened().restart();
      await opened().steps(2, globalThis.gc);
      const hash = createHash('sha256');
      for (const [name, { data }] of Object.entries(await opened().state('moment')))
        hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      return { hash: hash.digest('hex') };
    },
    async round({ steps }) {
      opened().restart();
      const timed = await opened().steps(steps, globalThis.gc);
      return { ...timed, peak: peakMemory() };
    },
    async close() {
      await loop?.release();
      loop = undefined;
      return {};
    },
  };
  return async ({ do: name, ...ask }) => {
    if (typeof name !== 'string' || !Object.hasOwn(does, name))
      throw new Error(`there is nothing to do called ${JSON.stringify(name)}: ${Object.keys(does).join(', ')}`);
    return does[name as keyof TrainingQuestions](ask as never);
  };
}
