/** Which output port an edge reads and which input port it feeds, by the node types alone. */
import { suggestion } from '../contract/nearest.js';
import { quoted } from '../contract/received.js';
import type { NodeType, Ports, PortType } from '../node-type.js';
import type { FaultCode } from './faults.js';

/** One value of an edge: from an output port to an input port. */
export interface Binding {
  readonly sourcePort: string;
  readonly targetPort: string;
}

export type Bound =
  | { readonly ok: true; readonly bindings: readonly Binding[] }
  | { readonly ok: false; readonly faults: readonly { readonly code: FaultCode; readonly message: string }[] };

/** Handles of an edge; `undefined` for one that hangs on no particular port. */
export interface Handles {
  readonly source: string | undefined;
  readonly target: string | undefined;
}

/** Whether a value of an output's type may go into an input. */
export function fits(output: PortType, input: PortType): boolean {
  return output === input || output === 'any' || input === 'any';
}

function declares(ports: Ports, port: string): boolean {
  return Object.hasOwn(ports, port);
}

function unknownPort(
  type: NodeType,
  direction: 'input' | 'output',
  port: string,
): { code: FaultCode; message: string } {
  const ports = Object.keys(direction === 'input' ? type.inputs : type.outputs);
  const way = ports.length === 0 ? `It has no ${direction}s: remove the edge.` : suggestion(port, ports);
  return { code: 'unknown_port', message: `${quoted(type.type)} has no ${direction} port ${quoted(port)}. ${way}` };
}

function listed(ports: Ports): string {
  const shown = Object.entries(ports).map(([port, { type }]) => `${port} (${type})`);
  return shown.length === 0 ? 'none' : shown.join(', ');
}

/**
 * Binds an edge between two node types. Both handles: these ports. Otherwise the ports of equal name whose types fit (with
 * no handle at all, every such pair); else the only pair of ports of one type; else the only pair that `any` lets fit.
 */
export function bind(source: NodeType, target: NodeType, handles: Handles): Bound {
  const faults: { code: FaultCode; message: string }[] = [];
  if (handles.source !== undefined && !declares(source.outputs, handles.source)) {
    faults.push(unknownPort(source, 'output', handles.source));
  }
  if (handles.target !== undefined && !declares(target.inputs, handles.target)) {
    faults.push(unknownPort(target, 'input', handles.target));
  }
  if (faults.length > 0) return { ok: false, faults };

  const sourcePorts = handles.source === undefined ? Object.keys(source.outputs) : [handles.source];
  const targetPorts = handles.target === undefined ? Object.keys(target.inputs) : [handles.target];
  const pairs = sourcePorts
    .flatMap((sourcePort) => targetPorts.map((targetPort) => ({ sourcePort, targetPort })))
    .map((pair) => ({
      ...pair,
      output: source.outputs[pair.sourcePort]!.type,
      input: target.inputs[pair.targetPort]!.type,
    }))
    .filter(({ output, input }) => fits(output, input));
  const chosen = (candidates: readonly Binding[]): Bound => ({
    ok: true,
    bindings: candidates.map(({ sourcePort, targetPort }) => ({ sourcePort, targetPort })),
  });

  if (handles.source !== undefined && handles.target !== undefined) {
    if (pairs.length === 1) return chosen(pairs);
    const output = source.outputs[handles.source]!.type;
    const input = target.inputs[handles.target]!.type;
    const fitting = Object.keys(target.inputs).filter((port) => fits(output, target.inputs[port]!.type));
    const way =
      fitting.length === 0
        ? `${quoted(target.type)} takes no ${output}: remove the edge`
        : `connect it to ${fitting.join(' or ')}`;
    return {
      ok: false,
      faults: [
        {
          code: 'port_type_mismatch',
          message: `${quoted(handles.source)} gives a ${output}, ${quoted(handles.target)} takes a ${input}: ${way}`,
        },
      ],
    };
  }
  const named = pairs.filter(({ sourcePort, targetPort }) => sourcePort === targetPort);
  if (named.length > 0) return chosen(named);
  const exact = pairs.filter(({ output, input }) => output === input);
  if (exact.length === 1) return chosen(exact);
  if (exact.length === 0 && pairs.length === 1) return chosen(pairs);
  return { ok: false, faults: [unclear(source, target, handles, pairs)] };
}

/** Why an edge without one or both handles finds no ports, or too many. */
function unclear(
  source: NodeType,
  target: NodeType,
  handles: Handles,
  pairs: readonly Binding[],
): { code: FaultCode; message: string } {
  if (pairs.length > 0) {
    const candidates = pairs.map(({ sourcePort, targetPort }) => `${sourcePort} -> ${targetPort}`).join(', ');
    return {
      code: 'ambiguous_edge',
      message: `could be meant for ${candidates}: name the ports with \`sourceHandle\` and \`targetHandle\``,
    };
  }
  const from =
    handles.source === undefined
      ? `${quoted(source.type)} gives ${listed(source.outputs)}`
      : `${quoted(handles.source)} gives a ${source.outputs[handles.source]!.type}`;
  const into =
    handles.target === undefined
      ? `${quoted(target.type)} takes ${listed(target.inputs)}`
      : `${quoted(handles.target)} takes a ${target.inputs[handles.target]!.type}`;
  return {
    code: 'port_type_mismatch',
    message: `${from}, ${into}: no two of them fit, remove the edge or choose other nodes`,
  };
}
