/** Tries a provider in a process of its own, with a deadline: a driver that crashes or hangs takes nothing else with it. */
import { spawn } from 'node:child_process';
import type { Finding } from './check.js';
import type { ProbeAnswer } from './provider-probe.js';

/** A first use of a GPU may compile shaders; a hanging driver must not hold the doctor for ever. */
export const PROBE_DEADLINE_MS = 30_000;

/** Characters of standard error that are kept. */
const QUOTED = 1000;

export interface ChildOutcome {
  readonly code: number | null;
  /** Name of the signal that ended it, for instance `SIGSEGV`. */
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a Node program to its end. Never rejects for anything the program does. @throws Error when it cannot be started */
export function runChild(args: readonly string[], deadlineMs: number, signal: AbortSignal): Promise<ChildOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
      // A driver that hangs in the kernel does not hear anything softer.
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    let timedOut = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-QUOTED);
    });
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, deadlineMs);
    let failure: Error | undefined;
    child.on('error', (error) => {
      failure = error;
    });
    child.on('close', (code, by) => {
      clearTimeout(timer);
      if (failure !== undefined && failure.name !== 'AbortError') reject(failure);
      else resolve({ code, signal: by, timedOut, stdout, stderr });
    });
  });
}

/** How to get a provider that is not there. */
const REMEDIES: Readonly<Record<string, string>> = {
  cpu: 'install it again: npm install onnxruntime-node (its binary exists for x64 and arm64 of Linux, macOS and Windows)',
  webgpu: 'it needs a GPU with a driver for Vulkan, Metal or Direct3D 12; training on the CPU works without it',
  cuda: 'it needs an NVIDIA GPU, CUDA 12 and cuDNN 9, and the libraries from: ONNXRUNTIME_NODE_INSTALL=cuda12 npm install onnxruntime-node. Training on the CPU works without it',
};

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

/** What the end of a probing process says about the provider. The CPU must be there; the others need not. */
export function findingOf(provider: string, outcome: ChildOutcome): Finding {
  const remedy = REMEDIES[provider] ?? 'use another provider';
  const answer = answerOf(outcome.stdout);
  if (outcome.timedOut) {
    return {
      state: 'problem',
      detail: `did not answer in ${PROBE_DEADLINE_MS / 1000} s`,
      remedy: `update the driver; ${remedy}`,
    };
  }
  if (outcome.signal !== null || (outcome.code !== 0 && answer === undefined)) {
    const how = outcome.signal ?? `exit code ${outcome.code}`;
    const when = answer?.outcome === 'ran' ? 'computes, but the process crashes when it ends' : 'the process crashed';
    const said = outcome.stderr.trim().split('\n').at(-1) ?? '';
    return {
      state: 'problem',
      detail: `${when} (${how})${said === '' ? '' : `: ${said}`}`,
      remedy: `do not use this provider before its driver is mended; ${remedy}`,
    };
  }
  if (answer === undefined) return { state: 'problem', detail: 'the probe gave no answer', remedy };
  switch (answer.outcome) {
    case 'ran':
      return {
        state: 'ok',
        detail: `ONNX Runtime ${answer.version} computes (${Math.round(answer.milliseconds)} ms for a first run)`,
      };
    case 'wrong':
      return {
        state: 'problem',
        detail: `calculates wrongly: ${answer.values.join(', ')}`,
        remedy: `do not use it; ${remedy}`,
      };
    case 'refused':
      return { state: provider === 'cpu' ? 'problem' : 'not available', detail: withoutSource(answer.error), remedy };
  }
}
