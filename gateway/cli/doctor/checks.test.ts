import { describe, expect, it } from 'vitest';
import type { Provider, ProviderReport } from '../../../runtime/index.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { isWell, runCheck } from './check.js';
import { doctorChecks } from './checks.js';

const REPORTS: Readonly<Record<Provider, Omit<ProviderReport, 'provider'>>> = {
  cpu: { state: 'runs', detail: 'computes' },
  webgpu: { state: 'broken', detail: 'the process crashed', remedy: 'update the driver' },
  cuda: { state: 'missing', detail: 'no libraries', remedy: 'install them' },
};

describe('the checks of the doctor', () => {
  it('look at everything, and stay well when only a GPU is missing or broken', async () => {
    const { signal } = new AbortController();
    const probe = async (provider: Provider, given: AbortSignal): Promise<ProviderReport> => {
      expect(given).toBe(signal);
      return { provider, ...REPORTS[provider] };
    };
    const results = [];
    for (const check of doctorChecks({ dataDir: temporaryFolder(), nodeVersion: '20.19.0', signal, probe }))
      results.push(await runCheck(check));
    expect(results.map(({ name, needed, state }) => [name, needed, state])).toEqual([
      ['node', false, 'ok'],
      ['gateway', true, 'ok'],
      ['provider cpu', true, 'ok'],
      ['provider webgpu', false, 'problem'],
      ['provider cuda', false, 'not available'],
      ['store', true, 'ok'],
      ['data directory', true, 'ok'],
    ]);
    expect(results[4]).toMatchObject({ detail: 'no libraries', remedy: 'install them' });
    expect(isWell(results)).toBe(true);
    expect(isWell(results.map((result) => ({ ...result, state: 'problem' as const })))).toBe(false);
  });
});
