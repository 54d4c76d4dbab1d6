/** A workflow as clients send and store it: nodes and edges of the canvas. */
import { z } from 'zod';
import { description, title } from './fields.js';

/** More than anyone draws; keeps a hostile body from holding the thread. */
export const MOST_NODES = 100_000;
export const MOST_EDGES = 1_000_000;

/** What the canvas of existing clients (React Flow) writes beside a node and an edge: kept with the workflow, and of no meaning here. */
// biome-ignore format: a list of words
const CANVAS_NODE = [
  'ariaLabel', 'className', 'connectable', 'deletable', 'dragHandle', 'draggable', 'dragging', 'expandParent', 'extent',
  'focusable', 'handles', 'height', 'hidden', 'initialHeight', 'initialWidth', 'label', 'measured', 'origin', 'parentId',
  'parentNode', 'positionAbsolute', 'resizing', 'selectable', 'selected', 'sourcePosition', 'style', 'targetPosition', 'width', 'zIndex',
] as const;
// biome-ignore format: a list of words
const CANVAS_EDGE = [
  'animated', 'ariaLabel', 'className', 'data', 'deletable', 'focusable', 'hidden', 'interactionWidth', 'label', 'labelBgBorderRadius',
  'labelBgPadding', 'labelBgStyle', 'labelShowBg', 'labelStyle', 'markerEnd', 'markerStart', 'pathOptions', 'reconnectable',
  'selectable', 'selected', 'sourceNode', 'sourceX', 'sourceY', 'style', 'targetNode', 'targetX', 'targetY', 'type', 'updatable', 'zIndex',
] as const;

function ignored<const Key extends string>(keys: readonly Key[]) {
  return Object.fromEntries(keys.map((key) => [key, z.unknown().optional()])) as Record<
    Key,
    z.ZodOptional<z.ZodUnknown>
  >;
}

const id = z.string().min(1).max(200);
/** React Flow writes `null` for an edge that hangs on no particular port. */
const handle = z.string().max(200).nullish();

export const workflowNode = z.strictObject({
  id,
  type: z.string().min(1).max(200),
  position: z.looseObject({ x: z.number(), y: z.number() }).nullish(),
  data: z.record(z.string(), z.unknown()).nullish(),
  ...ignored(CANVAS_NODE),
});

export const workflowEdge = z.strictObject({
  id: id.nullish(),
  source: id,
  target: id,
  sourceHandle: handle,
  targetHandle: handle,
  ...ignored(CANVAS_EDGE),
});

const fields = {
  id: z.union([z.string().max(200), z.int()]).nullish(),
  name: title.nullish(),
  description,
  nodes: z.array(workflowNode).max(MOST_NODES),
  edges: z.array(workflowEdge).max(MOST_EDGES),
  viewport: z.unknown().optional(),
};

/** A graph to check or to run; its name may be missing. An empty list of nodes is a fault of the graph, not of the body. */
export const workflowGraph = z.strictObject({ ...fields, edges: fields.edges.default([]) });

/** The body that stores a workflow: `POST /workflows`, `PUT /workflows/{id}`. */
export const workflowBody = z.strictObject({ ...fields, name: title, edges: fields.edges.default([]) });

export type WorkflowNode = z.infer<typeof workflowNode>;
export type WorkflowEdge = z.infer<typeof workflowEdge>;
export type WorkflowGraph = z.infer<typeof workflowGraph>;
export type WorkflowBody = z.infer<typeof workflowBody>;
