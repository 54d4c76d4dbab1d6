/** What a node receives: its config, then what the edges bring, the later over the earlier. */
import type { Ports } from '../node-type.js';
import type { Plan } from './plan.js';

/** One edge's contribution. */
export interface Arrival {
  /** All outputs of the source. */
  readonly outputs: unknown;
  readonly sourceHandle?: string | null | undefined;
  readonly targetHandle?: string | null | undefined;
}

/** An object of fields: no list, no tensor's bytes, no instance of a class. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Puts inputs together: first the config, then each arrival in order. Its value is `outputs[sourceHandle]` when the handle
 * is set and there, else all outputs. With a `targetHandle` it becomes `inputs[targetHandle]`; without one an object is
 * merged over the inputs, and anything else, having no name, is dropped. Nothing is copied.
 */
export function gatherInputs(
  config: Readonly<Record<string, unknown>>,
  arrivals: Iterable<Arrival>,
): Record<string, unknown> {
  // A map, so that an output called `__proto__` is a name like any other.
  const inputs = new Map(Object.entries(config));
  for (const { outputs, sourceHandle, targetHandle } of arrivals) {
    const named = sourceHandle && isRecord(outputs) && Object.hasOwn(outputs, sourceHandle);
    const value = named ? outputs[sourceHandle] : outputs;
    if (targetHandle) inputs.set(targetHandle, value);
    else if (isRecord(value)) for (const [name, field] of Object.entries(value)) inputs.set(name, field);
  }
  return Object.fromEntries(inputs);
}

/**
 * The inputs of a plan's node.
 * @param outputsOf the outputs of a completed node
 */
export function inputsOf(plan: Plan, node: number, outputsOf: (node: number) => unknown): Record<string, unknown> {
  const { config, incoming } = plan.nodes[node]!;
  const arrivals = incoming.map((index) => {
    const { source, sourcePort, targetPort } = plan.edges[index]!;
    return { outputs: outputsOf(source), sourceHandle: sourcePort, targetHandle: targetPort };
  });
  return gatherInputs(config, arrivals);
}

/**
 * The declared outputs that a node's result lacks. To be asked when a node ends: by the rule above, a reader of a missing
 * output would receive the whole object in its place.
 */
export function missingOutputs(outputs: unknown, ports: Ports): readonly string[] {
  const given = isRecord(outputs) ? outputs : {};
  return Object.keys(ports).filter((port) => !Object.hasOwn(given, port) || given[port] === undefined);
}
