/** Whether a provider of ONNX Runtime computes on this machine. */
import type { Provider, ProviderReport } from '../../../runtime/index.js';
import type { Finding } from './check.js';

/** The CPU must be there. A GPU that is not there is no problem; one that is there and does not work is. */
const STATES: Readonly<Record<ProviderReport['state'], Finding['state']>> = {
  runs: 'ok',
  missing: 'not available',
  broken: 'problem',
};

export async function providerFinding(
  provider: Provider,
  probe: (provider: Provider) => Promise<ProviderReport>,
): Promise<Finding> {
  const { state, detail, remedy } = await probe(provider);
  return { state: STATES[state], detail, ...(remedy !== undefined && { remedy }) };
}
