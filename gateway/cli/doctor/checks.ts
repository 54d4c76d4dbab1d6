/** Everything that `doctor` looks at, in the order of its table. */
import { type Provider, type ProviderReport, probeProvider } from '../../../runtime/index.js';
import type { DoctorCheck } from './check.js';
import { gatewayBinaryFinding } from './gateway-binary.js';
import { nodeVersionFinding } from './node-version.js';
import { providerFinding } from './provider.js';
import { dataDirectoryFinding, storeFinding } from './storage.js';

export interface DoctorOptions {
  readonly dataDir: string;
  readonly nodeVersion: string;
  /** Aborted when the user interrupts: processes that are tried end. */
  readonly signal: AbortSignal;
  /** Tries a provider, in a process of its own. */
  readonly probe?: (provider: Provider, signal: AbortSignal) => Promise<ProviderReport>;
}

export function doctorChecks({
  dataDir,
  nodeVersion,
  signal,
  probe = probeProvider,
}: DoctorOptions): readonly DoctorCheck[] {
  const provider = (name: Provider, needed: boolean): DoctorCheck => ({
    name: `provider ${name}`,
    needed,
    check: () => providerFinding(name, (asked) => probe(asked, signal)),
  });
  return [
    // Not needed by itself: what an unsupported version breaks, the other lines find.
    { name: 'node', needed: false, check: async () => nodeVersionFinding(nodeVersion) },
    { name: 'gateway', needed: true, check: () => gatewayBinaryFinding() },
    provider('cpu', true),
    provider('webgpu', false),
    provider('cuda', false),
    { name: 'store', needed: true, check: async () => storeFinding() },
    { name: 'data directory', needed: true, check: async () => dataDirectoryFinding(dataDir) },
  ];
}
