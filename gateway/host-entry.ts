/** What the gateway's thread loads: kept apart from the other hosts, which never load uWebSockets.js. */
export { gatewayActor } from './gateway-actor.js';
