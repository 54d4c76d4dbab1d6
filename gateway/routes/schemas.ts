/** The parts that the schemas of several routes and sockets share. They check the envelope; the backend checks what is inside. */
import { z } from 'zod';
import { GRAPH, PAGE } from '../defaults.js';

/** A whole number in a URL. `Number` alone would also take '', ' 1 ', '0x1' and '1e3'. */
const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^-?\d{1,16}$/, 'a whole number is required')
    .transform(Number)
    .pipe(z.number().int().min(least).max(most));

const count = wholeNumber(0, Number.MAX_SAFE_INTEGER).default(0);

/** `skip` and `limit` of a list. */
export const page = z.object({ skip: count, limit: wholeNumber(1, PAGE.largest).default(PAGE.limit) });

/** `after` (a `seq`; for the stream `all` a `pos`) and `limit` of a list of events. */
export const eventPage = z.object({ after: count, limit: wholeNumber(1, PAGE.largest).default(PAGE.limit) });

/** `?after=` of a socket; without it the socket waits for a `resume` message, or starts where its kind starts. */
export const socketAfter = z.object({ after: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional() });

/** A workflow's id: any whole number is well formed, and one that does not exist is a 404. */
export const workflowPath = z.object({ id: wholeNumber(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER) });

const name = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'an id is made of 1 to 64 letters, digits, "_" and "-"');

export const runPath = z.object({ run_id: name });
export const jobPath = z.object({ job_id: name });

/** The envelope of a graph. What stands inside a node or an edge is the backend's to judge, so that all faults are told together. */
const nodes = z.array(z.unknown());
const edges = z.array(z.unknown()).max(GRAPH.edges);

export const graph = z.looseObject({ nodes, edges });

export const workflow = z.looseObject({
  id: z.union([z.string().max(255), z.number().int()]).nullish(),
  name: z.string().trim().min(1).max(255),
  description: z.string().max(100_000).nullish(),
  nodes,
  edges,
});

/** A change of a workflow: what is left out stays as it is. */
export const workflowChange = workflow.partial();

/** What to execute: a graph in the message itself (`{workflow: {nodes, edges}}` or `{nodes, edges}`), or the id of a stored one. */
export const execution = z
  .looseObject({
    workflow: graph.optional(),
    workflow_id: z.number().int().optional(),
    nodes: nodes.optional(),
    edges: edges.optional(),
  })
  .superRefine((body, context) => {
    if (body.workflow !== undefined || body.workflow_id !== undefined) return;
    if (body.nodes === undefined && body.edges === undefined) {
      context.addIssue({
        code: 'custom',
        message: 'give a "workflow" with nodes and edges, or the "workflow_id" of a stored one',
      });
      return;
    }
    for (const part of ['nodes', 'edges'] as const) {
      if (body[part] === undefined) context.addIssue({ code: 'custom', path: [part], message: 'Field required' });
    }
  })
  // One form for the backend.
  .transform(({ nodes: bareNodes, edges: bareEdges, ...body }): Record<string, unknown> => {
    if (bareNodes === undefined || body.workflow !== undefined || body.workflow_id !== undefined) return body;
    return { ...body, workflow: { nodes: bareNodes, edges: bareEdges } };
  });

const config = z.looseObject({});

/** A new training job. A job that continues an earlier one may leave out the configs it takes over. */
export const trainingStart = z
  .looseObject({
    name: z.string().max(255).nullish(),
    description: z.string().max(100_000).nullish(),
    model_config: config.optional(),
    data_config: config.optional(),
    training_config: config.optional(),
    resume_from: z.string().min(1).max(1000).nullish(),
  })
  .superRefine((body, context) => {
    // What a job that goes on does not say is as it was.
    if (body.resume_from || body.data_config !== undefined) return;
    context.addIssue({ code: 'custom', path: ['data_config'], message: 'Field required' });
  });

export const jobStatus = z.enum(['pending', 'initializing', 'running', 'paused', 'completed', 'failed', 'stopped']);

/** `{wait}` of an execution. */
export const waiting = z.object({
  wait: z
    .enum(['true', 'false', '1', '0'])
    .default('true')
    .transform((text) => text === 'true' || text === '1'),
});
