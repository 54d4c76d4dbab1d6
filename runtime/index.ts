/** The actor kernel: actors, threads, devices, the store. It knows no HTTP and no medicine. */
export { type Address, addressKey } from './actor/address.js';
export type { ActorContext, Behaviour, BehaviourSource, DeferredReply, Terminated } from './actor/behaviour.js';
export type { ActorRef, Answers, AskOptions } from './actor/ref.js';
export { STOP_DEADLINE_MS } from './defaults.js';
export {
  type DeviceOptions,
  type DeviceTensor,
  OwnedDevice,
  openDevice,
  type Provider,
  type SessionOptions,
} from './device/device.js';
export { probeProvider } from './device/probing/probe.js';
export type { ProviderReport } from './device/probing/report.js';
export { type ChosenProvider, type ProviderChoice, Providers, providers } from './device/providers.js';
export { ThreadBudget } from './device/threads.js';
export { type Failure, fromFailure, RemoteError, RuntimeError, type RuntimeErrorCode, toFailure } from './errors.js';
export { Control } from './host/control.js';
export { serveHost } from './host/serve.js';
export { Kernel, type KernelOptions, type Placement, type Spawned } from './kernel.js';
export { EventLog, type Listener, type StreamEvent, type Subscription } from './log/event-log.js';
export { LOG_SCHEMA } from './log/schema.js';
export { eventValue, plainEvent } from './log/stream-event.js';
export { exposed, type Remote, type RemoteMessage, wrap } from './remote.js';
export type { Bindable, Operation, Row, Schema } from './store/database.js';
export { Store } from './store/store.js';
export { type StoreInit, type StoreMessage, storeActor } from './store/store-actor.js';
export { type DType, elementCount, isTensor, shareTensor, type Tensor, tensor } from './tensor.js';
