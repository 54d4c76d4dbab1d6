/** The real package behind the commands. Everything is loaded on first use: `--help` takes a moment, not half a second. */
import type { Engine } from './surroundings.js';

export function installedEngine(): Engine {
  return {
    async createRuntime(options) {
      const { createRuntime } = await import('../../actors/index.js');
      return createRuntime(options);
    },
    async serve(runtime, options) {
      const { serve } = await import('../index.js');
      return serve(runtime, options);
    },
    async catalogue(nodes) {
      const [{ registryOf }, { checkWorkflow }] = await Promise.all([
        import('../../actors/node-modules.js'),
        import('../../actors/workflow/index.js'),
      ]);
      const registry = await registryOf(nodes);
      return {
        nodeTypes: () => registry.describe().map((description) => ({ ...description })),
        validate(workflow) {
          const checked = checkWorkflow(workflow, registry);
          return checked.ok ? [] : checked.faults;
        },
      };
    },
    async doctorChecks({ dataDir, signal }) {
      const { doctorChecks } = await import('./doctor/checks.js');
      return doctorChecks({ dataDir, signal, nodeVersion: process.versions.node });
    },
  };
}
