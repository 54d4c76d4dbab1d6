/**
 * Checks a workflow before anything runs: every fault at once, or a plan. Pure: the same graph and the same node types
 * give the same answer. O(nodes + edges), without recursion.
 */
import { nearest, suggestion } from '../contract/nearest.js';
import { parse } from '../contract/parse.js';
import { quoted } from '../contract/received.js';
import { type WorkflowEdge, type WorkflowGraph, type WorkflowNode, workflowGraph } from '../contract/workflow.js';
import type { NodeType } from '../node-type.js';
import type { NodeTypes } from '../registry.js';
import { type Bound, bind } from './binding.js';
import { findCycles } from './cycles.js';
import { cycleMessage, type Fault, type FaultCode, FaultList, MOST_FAULTS } from './faults.js';
import { type NodeConfig, readConfig } from './node-config.js';
import { link, type Plan, type PlanEdge } from './plan.js';

export type CheckedGraph =
  | { readonly ok: true; readonly plan: Plan }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** A node with what the checks learnt of it. */
interface CheckedNode {
  readonly node: WorkflowNode;
  readonly type: NodeType | undefined;
  readonly read: NodeConfig | undefined;
}

/** An edge whose two ends exist. */
interface CheckedEdge {
  readonly index: number;
  readonly edge: WorkflowEdge;
  readonly source: number;
  readonly target: number;
}

/** An edge with a fault of its own, and the node that it was meant to feed. */
type BrokenEdge = Pick<CheckedEdge, 'edge' | 'target'>;

/** Naming the nearest of many thousand ids costs more than it helps: beyond this, a missing node is told without. */
const COMPARED_IDS = 1000;

/**
 * Parses and checks a workflow as a client sent it (`{nodes, edges}`, more of the contract's fields allowed).
 * Never throws for a wrong graph.
 */
export function checkWorkflow(value: unknown, types: NodeTypes): CheckedGraph {
  const parsed = parse(workflowGraph, value);
  if (parsed.ok) return checkGraph(parsed.value, types);
  return {
    ok: false,
    faults: parsed.issues.map((issue) => ({
      code: 'invalid_shape',
      message: issue.loc.length === 0 ? `the workflow: ${issue.msg}` : `${issue.loc.join('.')}: ${issue.msg}`,
      ...namedAt(value, issue.loc),
      loc: issue.loc,
    })),
  };
}

/** The id of the node or edge in which a fault of the shape lies, when it has one. */
function namedAt(value: unknown, loc: readonly (string | number)[]): { node_id?: string; edge_id?: string } {
  const [list, index] = loc;
  if ((list !== 'nodes' && list !== 'edges') || typeof index !== 'number') return {};
  const id = ((value as Record<string, unknown[]>)[list]?.[index] as { id?: unknown } | null | undefined)?.id;
  if (typeof id !== 'string') return {};
  return list === 'nodes' ? { node_id: id } : { edge_id: id };
}

/** Checks a graph that has the contract's shape. */
export function checkGraph(graph: WorkflowGraph, types: NodeTypes): CheckedGraph {
  const faults = new FaultList();
  if (graph.nodes.length === 0) {
    faults.add(() => ({
      code: 'empty_workflow',
      message: 'the workflow has no node: add at least one',
      loc: ['nodes'],
    }));
  }
  const nodes = graph.nodes.map((node, index) => checkNode(node, index, types, faults));
  const byId = indexNodes(graph.nodes, faults);
  const ends = checkEnds(graph.edges, byId, faults);
  reportCycles(graph.nodes, ends.edges, faults);
  const bound = bindEdges(nodes, ends.edges, faults);
  reportMissingInputs(nodes, bound.edges, [...ends.broken, ...bound.broken], faults);
  if (faults.count > 0) return { ok: false, faults: faults.all() };
  const unlinked = nodes.map(({ node, type, read }) => ({ id: node.id, type: type!.type, config: read!.config! }));
  return { ok: true, plan: link(unlinked, bound.edges) };
}

function checkNode(node: WorkflowNode, index: number, types: NodeTypes, faults: FaultList): CheckedNode {
  const type = types.find(node.type);
  if (type === undefined) {
    faults.add(() => ({
      code: 'unknown_type',
      message: `node ${quoted(node.id)}: no node type is called ${quoted(node.type)}. ${suggestion(node.type, types.names())}`,
      node_id: node.id,
      loc: ['nodes', index, 'type'],
    }));
    return { node, type, read: undefined };
  }
  const read = readConfig(node.data ?? {}, type);
  for (const fault of read.faults) {
    faults.add(() => ({
      code: 'invalid_config',
      message: `node ${quoted(node.id)}: ${fault.message}`,
      node_id: node.id,
      loc: ['nodes', index, ...fault.loc],
    }));
  }
  return { node, type, read };
}

/** Index of each id; of nodes with one id, the first. */
function indexNodes(nodes: readonly WorkflowNode[], faults: FaultList): ReadonlyMap<string, number> {
  const byId = new Map<string, number>();
  nodes.forEach(({ id }, index) => {
    const first = byId.get(id);
    if (first === undefined) byId.set(id, index);
    else {
      faults.add(() => ({
        code: 'duplicate_node_id',
        message: `two nodes are called ${quoted(id)}, at places ${first} and ${index}: give each its own id`,
        node_id: id,
        loc: ['nodes', index, 'id'],
      }));
    }
  });
  return byId;
}

function edgeFault(index: number, edge: WorkflowEdge, code: FaultCode, message: string, field?: string): Fault {
  return {
    code,
    message: `edge ${edge.id == null ? `${index} ` : `${quoted(edge.id)} `}(${quoted(edge.source)} -> ${quoted(edge.target)}): ${message}`,
    ...(edge.id == null ? {} : { edge_id: edge.id }),
    loc: field === undefined ? ['edges', index] : ['edges', index, field],
  };
}

/** `edges`: those whose ends exist and differ. */
function checkEnds(
  edges: readonly WorkflowEdge[],
  byId: ReadonlyMap<string, number>,
  faults: FaultList,
): { readonly edges: readonly CheckedEdge[]; readonly broken: readonly BrokenEdge[] } {
  const checked: CheckedEdge[] = [];
  const broken: BrokenEdge[] = [];
  edges.forEach((edge, index) => {
    for (const end of ['source', 'target'] as const) {
      if (byId.has(edge[end])) continue;
      faults.add(() => {
        const close = byId.size <= COMPARED_IDS ? nearest(edge[end], byId.keys()) : undefined;
        const way = close === undefined ? 'Add the node or remove the edge.' : `Did you mean ${quoted(close)}?`;
        return edgeFault(index, edge, 'missing_node', `there is no node ${quoted(edge[end])}. ${way}`, end);
      });
    }
    const source = byId.get(edge.source);
    const target = byId.get(edge.target);
    if (target === undefined) return;
    if (source === undefined) {
      broken.push({ edge, target });
      return;
    }
    if (source === target) {
      faults.add(() => ({
        ...edgeFault(index, edge, 'self_edge', ''),
        message: `${cycleMessage([edge.source])} (an edge leads from the node to itself: remove it)`,
        node_id: edge.source,
      }));
      broken.push({ edge, target });
      return;
    }
    checked.push({ index, edge, source, target });
  });
  return { edges: checked, broken };
}

function reportCycles(nodes: readonly WorkflowNode[], edges: readonly CheckedEdge[], faults: FaultList): void {
  const from = Int32Array.from(edges, (edge) => edge.source);
  const to = Int32Array.from(edges, (edge) => edge.target);
  const { cycles, more } = findCycles(nodes.length, from, to, MOST_FAULTS);
  cycles.forEach((cycle, place) => {
    const ids = cycle.map((index) => nodes[index]!.id);
    faults.add(() => ({ code: 'cycle', message: cycleMessage(ids), node_id: ids[0]! }), place === 0);
  });
  faults.addUnlisted(more);
}

function bindEdges(
  nodes: readonly CheckedNode[],
  edges: readonly CheckedEdge[],
  faults: FaultList,
): { readonly edges: readonly PlanEdge[]; readonly broken: readonly BrokenEdge[] } {
  const bound: PlanEdge[] = [];
  const broken: BrokenEdge[] = [];
  // Many edges join the same two types: each way of joining them is worked out once.
  const known = new Map<string, Bound>();
  for (const checked of edges) {
    const { index, edge, source, target } = checked;
    const sourceType = nodes[source]!.type;
    const targetType = nodes[target]!.type;
    if (sourceType === undefined || targetType === undefined) {
      broken.push(checked);
      continue;
    }
    // An empty handle is what some clients write for none.
    const handles = { source: edge.sourceHandle || undefined, target: edge.targetHandle || undefined };
    const key = JSON.stringify([sourceType.type, targetType.type, handles.source ?? null, handles.target ?? null]);
    let result = known.get(key);
    if (result === undefined) {
      result = bind(sourceType, targetType, handles);
      known.set(key, result);
    }
    if (result.ok) {
      const id = edge.id == null ? {} : { id: edge.id };
      for (const binding of result.bindings) bound.push({ edge: index, ...id, source, ...binding, target });
    } else {
      broken.push(checked);
      for (const fault of result.faults) {
        faults.add(() => edgeFault(index, edge, fault.code, fault.message));
      }
    }
  }
  return { edges: bound, broken };
}

/**
 * Required inputs that neither an edge nor the config supplies. A port that a faulty edge may have been meant for is not
 * told a second time: mending the edge mends it.
 */
function reportMissingInputs(
  nodes: readonly CheckedNode[],
  bound: readonly PlanEdge[],
  broken: readonly BrokenEdge[],
  faults: FaultList,
): void {
  const supplied = nodes.map(() => new Set<string>());
  for (const { target, targetPort } of bound) supplied[target]!.add(targetPort);
  const excused = new Set<number>();
  for (const { edge, target } of broken) {
    const port = edge.targetHandle || undefined;
    if (port !== undefined && Object.hasOwn(nodes[target]!.type?.inputs ?? {}, port)) supplied[target]!.add(port);
    else excused.add(target);
  }
  // Edges to a doubled id reach only its first node: the second is told as a double, not as unconnected.
  const ids = new Set<string>();
  nodes.forEach(({ node, type, read }, index) => {
    const doubled = ids.has(node.id);
    ids.add(node.id);
    if (type === undefined || doubled || excused.has(index)) return;
    for (const [port, { optional, type: portType }] of Object.entries(type.inputs)) {
      if (optional === true || supplied[index]!.has(port)) continue;
      if (read !== undefined && Object.hasOwn(read.given, port) && read.given[port] != null) continue;
      faults.add(() => ({
        code: 'missing_input',
        message: `node ${quoted(node.id)}: nothing feeds its input ${quoted(port)} (${portType}). Connect a node that gives a ${portType}`,
        node_id: node.id,
        loc: ['nodes', index],
      }));
    }
  });
}
