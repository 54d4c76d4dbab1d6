/** `/training`: jobs, their state and their control. */
import { ALL_STREAMS } from '../streams/frame.js';
import { eventList } from './events.js';
import { type Route, route } from './route.js';
import { eventPage, jobPath, jobStatus, page, trainingStart } from './schemas.js';

export const trainingRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/start',
    summary: 'Starts a training job',
    body: trainingStart,
    handle: ({ body }, { backend }) => backend.training.start(body),
  }),
  route({
    method: 'GET',
    path: '/status/{job_id}',
    summary: 'The state of a job, live or long ended',
    params: jobPath,
    handle: ({ path }, { backend }) => backend.training.status(path.job_id),
  }),
  route({
    method: 'GET',
    path: '/list',
    summary: 'Jobs, newest first',
    query: page.extend({ status: jobStatus.optional() }),
    handle: ({ query: { skip, limit, status } }, { backend }) =>
      backend.training.list({ skip, limit, ...(status !== undefined && { status }) }),
  }),
  route({
    method: 'POST',
    path: '/pause/{job_id}',
    summary: 'Pauses a job at its next run border',
    params: jobPath,
    handle: ({ path }, { backend }) => backend.training.pause(path.job_id),
  }),
  route({
    method: 'POST',
    path: '/resume/{job_id}',
    summary: 'Lets a paused job go on',
    params: jobPath,
    handle: ({ path }, { backend }) => backend.training.resume(path.job_id),
  }),
  route({
    method: 'POST',
    path: '/stop/{job_id}',
    summary: 'Stops a job at its next run border and leaves a checkpoint',
    params: jobPath,
    handle: ({ path }, { backend }) => backend.training.stop(path.job_id),
  }),
  route({
    method: 'GET',
    path: '/{job_id}/events',
    summary: 'Stored events of a job, oldest first; of every job, by pos, for the id "all"',
    params: jobPath,
    query: eventPage,
    async handle({ path, query }, { backend }) {
      if (path.job_id !== ALL_STREAMS) await backend.training.status(path.job_id);
      return eventList(path.job_id, await backend.events.read(path.job_id, query.after, query.limit));
    },
  }),
];
