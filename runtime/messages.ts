/** Everything that crosses a port between threads. A port carries arrays of these: the messages of one turn travel together. */
import type { MessagePort } from 'node:worker_threads';
import type { Address } from './actor/address.js';
import type { BehaviourSource } from './actor/behaviour.js';
import type { Failure } from './errors.js';

export type Wire =
  /** A message for an actor; with `call`, one that is answered to host `from`. */
  | {
      readonly kind: 'message';
      readonly to: number;
      readonly body: unknown;
      readonly call?: number;
      readonly from?: number;
    }
  | { readonly kind: 'reply'; readonly call: number; readonly body: unknown }
  | { readonly kind: 'refusal'; readonly call: number; readonly failure: Failure }
  | { readonly kind: 'watch'; readonly to: number; readonly watcher: Address }
  | { readonly kind: 'terminated'; readonly to: number; readonly actor: Address; readonly failure?: Failure }
  | { readonly kind: 'stop'; readonly to: number };

/** From the kernel to a host, over the host's own port. */
export type HostCommand =
  | {
      readonly kind: 'spawn';
      readonly actor: number;
      readonly slot: number;
      readonly source: BehaviourSource;
      readonly init: unknown;
    }
  | { readonly kind: 'link'; readonly host: number; readonly port: MessagePort }
  | { readonly kind: 'unreachable'; readonly host: number }
  | { readonly kind: 'close' };

/** From a host to the kernel. */
export type HostReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'started'; readonly actor: number }
  | { readonly kind: 'ended'; readonly actor: number; readonly failure?: Failure }
  | { readonly kind: 'connect'; readonly host: number };

/** What Piscina hands to the endless task of a host. */
export interface HostTask {
  readonly host: number;
  readonly port: MessagePort;
  readonly control: SharedArrayBuffer;
  readonly budget: SharedArrayBuffer;
  readonly niceness: number;
}
