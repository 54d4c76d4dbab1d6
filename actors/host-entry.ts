/** What Piscina loads in every thread: the endless task, and the behaviours that it can be told to run. */
export { serveHost as default, storeActor } from '../runtime/index.js';
export { runAgent } from './run/host/run-agent.js';
export { jobActor } from './training/job-actor.js';
