/** Whether the binary of uWebSockets.js loads, and can listen. */
import { loadUws, type Uws } from '../../uws.js';
import type { Finding } from './check.js';

export async function gatewayBinaryFinding(load: () => Promise<Uws> = loadUws): Promise<Finding> {
  const uws = await load();
  const app = uws.App();
  try {
    const socket = await new Promise<unknown>((resolve) => {
      app.listen('127.0.0.1', 0, uws.LIBUS_LISTEN_EXCLUSIVE_PORT, resolve);
    });
    if (socket === false) {
      return {
        state: 'problem',
        detail: 'uWebSockets.js loads, but no port of 127.0.0.1 can be listened on',
        remedy: 'look whether the loopback interface is up, and whether a sandbox forbids listening',
      };
    }
    return { state: 'ok', detail: 'uWebSockets.js loads and listens' };
  } finally {
    // Closes the listening socket as well.
    app.close();
  }
}
