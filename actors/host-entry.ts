/** What Piscina loads in every thread: the endless task, and the behaviours that it can be told to run. */
export { serveHost as default, storeActor } from '../runtime/index.js';
export { nodeActor } from './run/node-actor.js';
export { jobActor } from './training/job-actor.js';
