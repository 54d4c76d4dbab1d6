/** What a completed node leaves: its declared outputs, checked, and what clients see of them. */
import type { NodeType } from '../../node-type.js';
import type { ArtefactStore } from '../../values/artefact-store.js';
import { type Described, describeValue } from '../../values/describe.js';
import { requirePlain } from '../../values/plain.js';
import { missingOutputs } from '../../workflow/index.js';
import type { Values } from '../messages.js';

export interface Ending {
  readonly outputs: Values;
  /** Absent when clients see the outputs as they are, and JSON keeps every bit of them. */
  readonly described?: Readonly<Record<string, Described>>;
}

/** @throws Error for a missing output, TypeError for one that cannot leave the thread */
export function endingOf(type: NodeType, given: unknown, artefacts: ArtefactStore): Ending {
  const absent = missingOutputs(given, type.outputs);
  if (absent.length > 0)
    throw new Error(
      `the node type "${type.type}" did not give its output ${absent.map((name) => `"${name}"`).join(', ')}`,
    );
  // What no port carries goes nowhere.
  const ports = Object.keys(type.outputs);
  const values = given as Values;
  const outputs = Object.fromEntries(ports.map((port) => [port, values[port]]));
  if (ports.every((port) => isSimple(outputs[port]))) return { outputs };
  for (const port of ports) requirePlain(outputs[port], `the output "${port}" of the node type "${type.type}"`);
  const described = Object.fromEntries(ports.map((port) => [port, describeValue(port, outputs[port], artefacts)]));
  const asTheyAre = ports.every((port) => described[port]!.artefact === undefined);
  return asTheyAre ? { outputs } : { outputs, described };
}

/** Longest text of which nothing has to be measured. */
const SHORT = 1000;

/** Whether JSON keeps the value, and it is small: without looking further. */
function isSimple(value: unknown): boolean {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'boolean':
      return true;
    case 'string':
      return value.length <= SHORT;
    default:
      return value === null;
  }
}
