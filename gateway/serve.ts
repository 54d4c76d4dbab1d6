/** Serves a runtime over HTTP and WebSockets. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { internalsOf } from '../actors/internals.js';
import type { Runtime } from '../actors/runtime-types.js';
import { TrainingService } from '../actors/training/training-service.js';
import { packageRoot } from '../learn/data/package-root.js';
import { exposed, fromFailure } from '../runtime/index.js';
import type { GatewayInit, GatewayMessage } from './gateway-actor.js';
import type { GatewayOptions } from './options.js';

export type ServeOptions = Omit<GatewayOptions, 'backend' | 'version' | 'log'>;

export interface Served {
  readonly url: string;
  readonly port: number;
  /** Resolves when the gateway has ended: with nothing when it was closed, with the error when its thread died. Never rejects. */
  readonly ended: Promise<Error | undefined>;
  /** Stops listening, ends sockets with 1001. The runtime goes on. */
  close(): Promise<void>;
}

/**
 * Starts a gateway on a thread of its own. The runtime closes it when it closes itself.
 * @throws Error when the address is refused, the port is taken, or uWebSockets.js has no binary for this version of Node
 * @example
 * await using runtime = await createRuntime();
 * const { url } = await serve(runtime, { port: 8000 });
 */
export async function serve(runtime: Runtime, options: ServeOptions = {}): Promise<Served> {
  const { kernel, workflows, training, hub, beforeClose } = internalsOf(runtime);
  const services = {
    workflows: kernel.spawnHere(
      exposed(() => workflows),
      undefined,
    ),
    training: kernel.spawnHere(
      exposed(() => new TrainingService(training)),
      undefined,
    ),
  };
  const stopServices = async (): Promise<void> => {
    for (const service of Object.values(services)) await kernel.stopHere(service);
  };
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string };
  const init: GatewayInit = {
    workflows: services.workflows.address,
    training: services.training.address,
    hub: hub.address,
    options: { ...options, version },
  };
  const module = pathToFileURL(join(packageRoot(), 'dist', 'gateway-host.js')).href;
  const gateway = kernel.spawn<GatewayMessage>({ module, name: 'gatewayActor' }, init, 'own-light');
  const close = async (): Promise<void> => {
    await gateway.stop();
    await stopServices();
  };
  try {
    await gateway.started;
  } catch (error) {
    await stopServices();
    throw error;
  }
  const { url, port } = await gateway.ref.ask<{ url: string; port: number }>({ type: 'where' });
  beforeClose(close);
  const ended = gateway.ended.then((failure) => failure && fromFailure(failure));
  return { url, port, ended, close };
}
