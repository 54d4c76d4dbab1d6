/** Tries a provider in a process of its own. */
import { createRequire } from 'node:module';
import type { Provider } from '../session-options.js';
import { runChild } from './child.js';
import { gpuName } from './gpu.js';
import { PROBE_PROGRAM, probeTask } from './program.js';
import { missingCuda, REMEDIES } from './remedies.js';
import { PROBE_DEADLINE_MS, type ProviderReport, reportOf } from './report.js';

/** Runs a small graph on the provider, in another process: a session that can be made may still fail, or crash, when it runs. */
export async function probeProvider(provider: Provider, signal?: AbortSignal): Promise<ProviderReport> {
  const library = createRequire(import.meta.url).resolve('onnxruntime-node');
  const lacking = provider === 'cuda' ? missingCuda(library) : undefined;
  if (lacking !== undefined) return { provider, state: 'missing', detail: lacking, remedy: REMEDIES.cuda };
  const args = ['-e', PROBE_PROGRAM, provider, probeTask(library)];
  return reportOf(provider, await runChild(args, PROBE_DEADLINE_MS, signal), gpuName());
}
