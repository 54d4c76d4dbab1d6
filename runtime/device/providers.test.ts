import { describe, expect, it } from 'vitest';
import type { ProviderReport } from './probing/report.js';
import { Providers } from './providers.js';
import type { Provider } from './session-options.js';

type Found = Partial<Omit<ProviderReport, 'provider'>>;

/** A machine on which the named providers are found so; the others are missing. */
function machine(found: Partial<Record<Provider, Found>>, gpu = true) {
  const tried: Provider[] = [];
  const providers = new Providers({
    mayHaveGpu: () => gpu,
    probe: async (provider) => {
      tried.push(provider);
      return { provider, state: 'missing', detail: `no ${provider}`, remedy: 'buy one', ...found[provider] };
    },
  });
  return { providers, tried };
}

const RUNS = { state: 'runs', detail: 'computes' } as const;

describe('`auto`', () => {
  it.each<[string, Partial<Record<Provider, Found>>, Provider, RegExp]>([
    ['CUDA where it runs', { cuda: { ...RUNS, device: 'H200' }, webgpu: RUNS }, 'cuda', /runs CUDA/],
    [
      'WebGPU where it is faster than the CPU',
      { webgpu: { ...RUNS, productsMs: 10 }, cpu: { ...RUNS, productsMs: 200 } },
      'webgpu',
      /10 ms against 200 ms/,
    ],
    [
      'the CPU where WebGPU is slower',
      { webgpu: { ...RUNS, productsMs: 300 }, cpu: { ...RUNS, productsMs: 200 } },
      'cpu',
      /300 ms against 200 ms/,
    ],
    ['the CPU where WebGPU is software', { webgpu: { ...RUNS, software: true } }, 'cpu', /software renderer/],
    ['the CPU where nothing else runs', {}, 'cpu', /cuda: no cuda; webgpu: no webgpu/],
    ['the CPU where a driver crashes', { webgpu: { state: 'broken', detail: 'crashed' } }, 'cpu', /webgpu: crashed/],
  ])('is %s, and says why', async (_, found, provider, reason) => {
    const chosen = await machine(found).providers.choose('auto');
    expect(chosen.provider).toBe(provider);
    expect(chosen.reason).toMatch(reason);
    expect(chosen.device).toBe(found[provider]?.device);
  });

  it('tries nothing on a machine without a GPU', async () => {
    const { providers, tried } = machine({ webgpu: { ...RUNS, software: true } }, false);
    expect(await providers.choose('auto')).toEqual({ provider: 'cpu', reason: 'this machine shows no GPU' });
    expect(tried).toEqual([]);
  });

  it('tries every provider once, however many ask at the same time', async () => {
    const { providers, tried } = machine({});
    await Promise.all([providers.choose('auto'), providers.choose('auto'), providers.report('webgpu')]);
    await providers.choose('auto');
    expect(tried.sort()).toEqual(['cuda', 'webgpu']);
  });
});

describe('a provider that was named', () => {
  it('is taken where it runs, slow or not', async () => {
    const { providers } = machine({ webgpu: { ...RUNS, software: true } }, false);
    expect(await providers.choose('webgpu')).toEqual({ provider: 'webgpu' });
  });

  it('is refused where it does not, with what is missing and how to mend it', async () => {
    await expect(machine({}).providers.choose('cuda')).rejects.toMatchObject({
      code: 'provider_unavailable',
      message: 'the provider "cuda" does not run here: no cuda. To mend it: buy one',
    });
  });

  it('is refused where it could not even be tried', async () => {
    const providers = new Providers({ mayHaveGpu: () => true, probe: () => Promise.reject(new Error('no processes')) });
    await expect(providers.choose('webgpu')).rejects.toThrow(/could not be tried: no processes/);
    expect(await providers.choose('auto')).toMatchObject({ provider: 'cpu' });
  });

  it('costs nothing where it is the CPU', async () => {
    const { providers, tried } = machine({});
    expect(await providers.choose('cpu')).toEqual({ provider: 'cpu' });
    expect(tried).toEqual([]);
  });
});
