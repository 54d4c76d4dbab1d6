/** The HTTP and WebSocket face of Ganglion. */
export type {
  Backend,
  EventBackend,
  Page,
  Refusal,
  RefusalCode,
  StreamEvent,
  TrainingBackend,
  ValidationIssue,
  WorkflowBackend,
} from './backend.js';
export { DEFAULT_LIMITS, type Limits } from './defaults.js';
export type { GatewayOptions } from './options.js';
export { type Served, type ServeOptions, serve } from './serve.js';
export { createGateway, type Gateway } from './server.js';
