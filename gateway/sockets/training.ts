/** `/training/ws/{job_id}`: the state of a job, then its events; `all` for every job. */

import { PAGE } from '../defaults.js';
import { HttpError } from '../errors.js';
import { jobPath } from '../routes/schemas.js';
import { ALL_STREAMS } from '../streams/frame.js';
import type { SocketKind } from './socket.js';
import { streamSocket } from './stream-socket.js';

export const trainingSocket: SocketKind = {
  path: '/training/ws/{job_id}',
  params: jobPath,
  maxMessageBytes: (limits) => limits.commandBytes,
  open(session, { id, after }, services) {
    const { training } = services.backend;
    /** The job a command is for: that of the socket, or on the socket of all jobs the one it names. */
    const jobOf = (fields: Readonly<Record<string, unknown>>): string => {
      if (id !== ALL_STREAMS) return id;
      const { job_id } = fields;
      if (typeof job_id === 'string') return job_id;
      throw new HttpError(400, 'on the socket of all jobs a command needs "job_id"');
    };
    return streamSocket(session, services, {
      stream: id,
      after,
      awaitsResume: after === undefined,
      notFound: 'Job not found',
      async greet() {
        const state =
          id === ALL_STREAMS
            ? { job_id: id, ...(await training.list({ skip: 0, limit: PAGE.largest })) }
            : await training.status(id);
        session.say({ ...state, type: 'training_status' });
      },
      commands: {
        pause: async (fields) => training.pause(jobOf(fields)),
        resume: async (fields) => training.resume(jobOf(fields)),
        stop: async (fields) => training.stop(jobOf(fields)),
      },
      status: async (fields) => (await training.status(jobOf(fields)))['status'],
    });
  },
};
