/** Which provider computes: what was asked for, or the first that runs and is worth it. */
import { RuntimeError } from '../errors.js';
import { mayHaveGpu } from './probing/gpu.js';
import { probeProvider } from './probing/probe.js';
import type { ProviderReport } from './probing/report.js';
import type { Provider } from './session-options.js';

/** `auto` is the fastest that runs here, of `cuda`, `webgpu` and `cpu`. */
export type ProviderChoice = 'auto' | Provider;

export interface ChosenProvider {
  readonly provider: Provider;
  /** What the GPU is called, where somebody says. */
  readonly device?: string;
  /** Why this one, where nobody asked for it by name. */
  readonly reason?: string;
}

/** How a machine is asked; tests hand in another. */
export interface ProviderSurroundings {
  probe(provider: Provider): Promise<ProviderReport>;
  mayHaveGpu(): boolean;
}

/** Each provider is tried once, in a process of its own, when somebody first wants it. */
export class Providers {
  readonly #around: ProviderSurroundings;
  readonly #reports = new Map<Provider, Promise<ProviderReport>>();
  #auto: Promise<ChosenProvider> | undefined;

  constructor(around: ProviderSurroundings = { probe: (provider) => probeProvider(provider), mayHaveGpu }) {
    this.#around = around;
  }

  /** What is known of a provider on this machine. */
  report(provider: Provider): Promise<ProviderReport> {
    let report = this.#reports.get(provider);
    if (!report) {
      report = this.#around.probe(provider).catch((error: unknown) => ({
        provider,
        state: 'broken' as const,
        detail: `could not be tried: ${(error as Error).message}`,
      }));
      this.#reports.set(provider, report);
    }
    return report;
  }

  /**
   * The provider to compute on. One that was named is taken or refused, never replaced; only `auto` falls back, and says so.
   * @throws RuntimeError `provider_unavailable` when the one that was named does not run here, with what is missing
   */
  async choose(wanted: ProviderChoice): Promise<ChosenProvider> {
    // The CPU is what everything else needs as well: it fails by itself, with the words of ONNX Runtime.
    if (wanted === 'cpu') return { provider: 'cpu' };
    if (wanted === 'auto') {
      this.#auto ??= this.#choose();
      return this.#auto;
    }
    const { state, detail, remedy, device } = await this.report(wanted);
    if (state === 'runs') return { provider: wanted, ...(device !== undefined && { device }) };
    throw new RuntimeError(
      'provider_unavailable',
      `the provider "${wanted}" does not run here: ${detail}${remedy === undefined ? '' : `. To mend it: ${remedy}`}`,
    );
  }

  async #choose(): Promise<ChosenProvider> {
    if (!this.#around.mayHaveGpu()) return { provider: 'cpu', reason: 'this machine shows no GPU' };
    const cuda = await this.report('cuda');
    if (cuda.state === 'runs') return chosen(cuda, 'an NVIDIA GPU that runs CUDA');
    const webgpu = await this.report('webgpu');
    const without = `cuda: ${cuda.detail}`;
    if (webgpu.state !== 'runs') return { provider: 'cpu', reason: `${without}; webgpu: ${webgpu.detail}` };
    if (webgpu.software)
      return { provider: 'cpu', reason: `${without}; webgpu: a software renderer, slower than the CPU` };
    const cpu = await this.report('cpu');
    const gpuMs = webgpu.productsMs ?? Number.POSITIVE_INFINITY;
    const cpuMs = cpu.productsMs ?? Number.POSITIVE_INFINITY;
    const times = `${Math.round(gpuMs)} ms against ${Math.round(cpuMs)} ms of the CPU for four products of large matrices`;
    if (gpuMs < cpuMs) return chosen(webgpu, `${without}; webgpu takes ${times}`);
    return { provider: 'cpu', reason: `${without}; webgpu takes ${times}` };
  }
}

function chosen({ provider, device }: ProviderReport, reason: string): ChosenProvider {
  return { provider, reason, ...(device !== undefined && { device }) };
}

/** Those of this machine. */
export const providers = new Providers();
