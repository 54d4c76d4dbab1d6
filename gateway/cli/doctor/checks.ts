/** Everything that `doctor` looks at, in the order of its table. */
import type { DoctorCheck } from './check.js';
import { gatewayBinaryFinding } from './gateway-binary.js';
import { nodeVersionFinding } from './node-version.js';
import { PROBE_COMMAND } from './probe-command.js';
import { findingOf, PROBE_DEADLINE_MS, runChild } from './provider-child.js';
import { dataDirectoryFinding, storeFinding } from './storage.js';

export interface DoctorOptions {
  readonly dataDir: string;
  /** The program that knows {@link PROBE_COMMAND}. */
  readonly program: string;
  readonly nodeVersion: string;
  /** Aborted when the user interrupts: processes that are tried end. */
  readonly signal: AbortSignal;
}

export function doctorChecks({ dataDir, program, nodeVersion, signal }: DoctorOptions): readonly DoctorCheck[] {
  const provider = (name: string, needed: boolean): DoctorCheck => ({
    name: `provider ${name}`,
    needed,
    check: async () => findingOf(name, await runChild([program, PROBE_COMMAND, name], PROBE_DEADLINE_MS, signal)),
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
