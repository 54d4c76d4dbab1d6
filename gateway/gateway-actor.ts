/** The gateway as an actor: alone on a thread whose event loop does nothing but input and output. */
import type { HubEvent } from '../actors/event-hub.js';
import type { Address, Answers, Behaviour } from '../runtime/index.js';
import type { GatewayOptions } from './options.js';
import { type RemoteBackend, remoteBackend } from './remote-backend.js';
import { createGateway, type Gateway } from './server.js';

export interface GatewayInit {
  readonly workflows: Address;
  readonly training: Address;
  readonly hub: Address;
  readonly options: Omit<GatewayOptions, 'backend' | 'log'>;
}

export type GatewayMessage = HubEvent | ({ readonly type: 'where' } & Answers<{ url: string; port: number }>);

interface GatewayState {
  readonly gateway: Gateway;
  readonly backend: RemoteBackend;
}

export const gatewayActor: Behaviour<GatewayState, GatewayMessage, GatewayInit> = {
  async start({ workflows, training, hub, options }, context) {
    const backend = remoteBackend(
      { workflows: context.ref(workflows), training: context.ref(training), hub: context.ref(hub) },
      context.self.address,
    );
    // A thread that ends with an open uWS app aborts the process: the kernel waits until it is closed.
    const gateway = await context.control.whileHeld(async () => {
      const opened = await createGateway({ ...options, backend });
      context.control.openResource();
      return opened;
    });
    const close = gateway.close;
    let closing: Promise<void> | undefined;
    const closeOnce = (): Promise<void> => {
      closing ??= close.call(gateway).finally(() => context.control.closeResource());
      return closing;
    };
    void context.control.whenClosing().then(closeOnce);
    // An error that nobody caught ends the thread: it must find the app closed. The kernel tells of the thread's death.
    const dieInOrder = (error: unknown): void => {
      process.stderr.write(
        `ganglion: the gateway fails: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      );
      void closeOnce().finally(() => process.exit(1));
    };
    process.once('uncaughtException', dieInOrder);
    process.once('unhandledRejection', dieInOrder);
    return { gateway: { url: gateway.url, port: gateway.port, close: closeOnce }, backend };
  },

  receive(state, message, context) {
    if (message.type === 'event') state.backend.deliver(message);
    else if (message.type === 'where') context.reply({ url: state.gateway.url, port: state.gateway.port });
    return state;
  },

  async stop({ gateway }) {
    await gateway.close();
  },
};
