/** `/workflows`: the node types, stored workflows, and their runs. */
import { z } from 'zod';
import { eventList } from './events.js';
import { type Route, route } from './route.js';
import {
  eventPage,
  execution,
  graph,
  page,
  runPath,
  waiting,
  workflow,
  workflowChange,
  workflowPath,
} from './schemas.js';

export const workflowRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/nodes',
    summary: 'Every node type with its ports and the schema of its config',
    handle: async (_input, { backend }) => ({ nodes: await backend.workflows.nodeTypes() }),
  }),
  route({
    method: 'GET',
    path: '/nodes/category/{category}',
    summary: 'The node types of one category',
    params: z.object({ category: z.string().max(255) }),
    async handle({ path }, { backend }) {
      const nodes = await backend.workflows.nodeTypes();
      return { nodes: nodes.filter((node) => node['category'] === path.category) };
    },
  }),
  route({
    method: 'POST',
    path: '',
    summary: 'Stores a workflow',
    body: workflow,
    handle: ({ body }, { backend }) => backend.workflows.create(body),
  }),
  route({
    method: 'GET',
    path: '',
    summary: 'Stored workflows, newest first',
    query: page,
    handle: ({ query }, { backend }) => backend.workflows.list(query),
  }),
  route({
    method: 'GET',
    path: '/{id}',
    summary: 'One stored workflow with its graph',
    params: workflowPath,
    handle: ({ path }, { backend }) => backend.workflows.get(path.id),
  }),
  route({
    method: 'PUT',
    path: '/{id}',
    summary: 'Changes a stored workflow',
    params: workflowPath,
    body: workflowChange,
    handle: ({ path, body }, { backend }) => backend.workflows.update(path.id, body),
  }),
  route({
    method: 'DELETE',
    path: '/{id}',
    summary: 'Deletes a stored workflow',
    params: workflowPath,
    handle: ({ path }, { backend }) => backend.workflows.remove(path.id),
  }),
  route({
    method: 'POST',
    path: '/validate',
    summary: 'Every fault of a graph, without running it',
    body: graph,
    handle: ({ body }, { backend }) => backend.workflows.validate(body),
  }),
  route({
    method: 'POST',
    path: '/execute',
    summary: 'Runs a workflow; answers at its end, or at once with wait=false',
    query: waiting,
    body: execution,
    async handle({ query, body }, { backend }) {
      const started = await backend.workflows.start(body);
      if ('invalid' in started) return started.invalid;
      return query.wait ? backend.workflows.result(started.run_id) : { run_id: started.run_id, status: 'queued' };
    },
  }),
  route({
    method: 'GET',
    path: '/runs',
    summary: 'Runs, newest first',
    query: page,
    handle: ({ query }, { backend }) => backend.workflows.runs(query),
  }),
  route({
    method: 'GET',
    path: '/runs/{run_id}',
    summary: 'One run: its status, its nodes, its statistics',
    params: runPath,
    handle: ({ path }, { backend }) => backend.workflows.run(path.run_id),
  }),
  route({
    method: 'GET',
    path: '/runs/{run_id}/events',
    summary: 'Stored events of a run, oldest first',
    params: runPath,
    query: eventPage,
    async handle({ path, query }, { backend }) {
      // The log knows no runs: an empty list of an unknown one would look like a run that has not begun.
      await backend.workflows.run(path.run_id);
      return eventList(path.run_id, await backend.events.read(path.run_id, query.after, query.limit));
    },
  }),
  route({
    method: 'POST',
    path: '/runs/{run_id}/cancel',
    summary: 'Cancels a run',
    params: runPath,
    handle: ({ path }, { backend }) => backend.workflows.cancel(path.run_id),
  }),
  route({
    method: 'POST',
    path: '/runs/{run_id}/retry',
    summary: 'Runs the failed nodes of a run again, and what depends on them',
    params: runPath,
    handle: ({ path }, { backend }) => backend.workflows.retry(path.run_id),
  }),
];
