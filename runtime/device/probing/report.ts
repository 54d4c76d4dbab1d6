/** What is known of a provider on this machine, and what the end of the process that tried it says of it. */
import type { Provider } from '../session-options.js';
import type { ChildOutcome } from './child.js';
import { type ProbeAnswer, SOFTWARE_MS } from './program.js';
import { REMEDIES } from './remedies.js';

/**
 * - `runs`: was tried, and computes rightly.
 * - `missing`: is not there on this machine.
 * - `broken`: is there, and crashes, hangs or calculates wrongly.
 */
export type ProviderState = 'runs' | 'missing' | 'broken';

export interface ProviderReport {
  readonly provider: Provider;
  readonly state: ProviderState;
  /** What was found, in a line. */
  readonly detail: string;
  /** How to mend it, where it does not run. */
  readonly remedy?: string;
  /** What the GPU is called, where somebody says. */
  readonly device?: string;
  /** Computes on the CPU what a GPU should: right, and far slower than the provider `cpu`. */
  readonly software?: boolean;
  /** Four products of 1024 x 1024 matrices, in ms, where they were timed. */
  readonly productsMs?: number;
}

/** A first use of a GPU may compile shaders; a hanging driver must not hold anybody for ever. In ms. */
export const PROBE_DEADLINE_MS = 30_000;

function answerOf(stdout: string): ProbeAnswer | undefined {
  const line = stdout.trimEnd().split('\n').at(-1) ?? '';
  try {
    return JSON.parse(line) as ProbeAnswer;
  } catch {
    return undefined;
  }
}

/** ONNX Runtime puts the place in its own source and the failed condition before what it has to say. */
function withoutSource(message: string): string {
  return message.replace(/^[^\n]*\bwas false\. (?=\S)/, '').trim();
}

/** @param device what the GPU is called */
export function reportOf(provider: Provider, outcome: ChildOutcome, device?: string): ProviderReport {
  const remedy = REMEDIES[provider];
  const answer = answerOf(outcome.stdout);
  const said = outcome.stderr.trim().split('\n').at(-1) ?? '';
  const broken = (detail: string, how: string): ProviderReport => ({
    provider,
    state: 'broken',
    detail,
    remedy: `${how}; ${remedy}`,
  });
  if (outcome.timedOut) return broken(`did not answer in ${PROBE_DEADLINE_MS / 1000} s`, 'update the driver');
  if (outcome.signal !== null || (outcome.code !== 0 && answer === undefined)) {
    const how = outcome.signal ?? `exit code ${outcome.code}`;
    const when = answer?.outcome === 'ran' ? 'computes, but the process crashes when it ends' : 'the process crashed';
    return broken(
      `${when} (${how})${said === '' ? '' : `: ${said}`}`,
      'do not use this provider before its driver is mended',
    );
  }
  switch (answer?.outcome) {
    case undefined:
      return broken('the probe gave no answer', 'look at what its process wrote');
    case 'wrong':
      return broken(`calculates wrongly: ${answer.values.join(', ')}`, 'do not use it');
    case 'refused':
      return {
        provider,
        state: provider === 'cpu' ? 'broken' : 'missing',
        detail: refusal(provider, withoutSource(answer.error), said),
        remedy,
      };
    case 'ran': {
      const software = provider !== 'cpu' && answer.small > SOFTWARE_MS;
      const on = device !== undefined && provider !== 'cpu' && !software ? ` on ${device}` : '';
      const slow = software ? ', as a software renderer: far slower than the CPU, right for tests alone' : '';
      return {
        provider,
        state: 'runs',
        detail: `ONNX Runtime ${answer.version} computes${on} (${Math.round(answer.first)} ms for a first run)${slow}`,
        ...(on !== '' && { device: device as string }),
        ...(software && { software }),
        ...(answer.large !== undefined && { productsMs: answer.large }),
      };
    }
  }
}

/** CUDA's own libraries are named only in what ONNX Runtime logs. */
function refusal(provider: Provider, error: string, said: string): string {
  if (provider !== 'cuda') return error;
  const library = /\b(lib\w+\.so[\w.]*): cannot open shared object file/.exec(said)?.[1];
  return library === undefined ? error : `${error}: ${library} is not found`;
}
