/** The largest graph that a client may send. People who embed the runtime have no such limit. */
import type { Backend, ValidationIssue, WorkflowBackend } from './backend.js';

/** Method -> where in its arguments the graph stands. */
const GRAPHS: Readonly<Partial<Record<keyof WorkflowBackend, (args: readonly unknown[]) => unknown>>> = {
  validate: ([graph]) => graph,
  create: ([body]) => body,
  update: ([, body]) => body,
  start: ([body]) => (body as { workflow?: unknown }).workflow,
};

/** The backend, with graphs of more than `most` nodes refused on every way in, over HTTP and over sockets. */
export function withGraphLimit(backend: Backend, most: number): Backend {
  const workflows = new Proxy(backend.workflows, {
    get(target, name) {
      const method = target[name as keyof WorkflowBackend] as ((...args: unknown[]) => Promise<unknown>) | undefined;
      const graphOf = GRAPHS[name as keyof WorkflowBackend];
      if (!graphOf || !method) return method?.bind(target);
      return async (...args: unknown[]) => {
        refuseLarge(graphOf(args), most);
        return method.apply(target, args);
      };
    },
  });
  return { workflows, training: backend.training, events: backend.events, ready: () => backend.ready() };
}

function refuseLarge(graph: unknown, most: number): void {
  const nodes = (graph as { nodes?: unknown } | undefined)?.nodes;
  if (!Array.isArray(nodes) || nodes.length <= most) return;
  const msg = `the workflow has ${nodes.length} nodes, and this server takes at most ${most}: split it, raise the limit (limits.graphNodes), or embed the runtime, which has none`;
  const issues: ValidationIssue[] = [{ loc: ['body', 'nodes'], msg, type: 'too_long' }];
  throw Object.assign(new Error(msg), { code: 'invalid', issues });
}
