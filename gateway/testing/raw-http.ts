/** Bytes to a port and the bytes that come back: for requests that no HTTP client would make. */
import { connect } from 'node:net';

/** Resolves when the server closes the connection, or when `done` says that enough came. */
export function rawHttp(
  port: number,
  bytes: string | Uint8Array,
  done: (received: string) => boolean,
): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let received = '';
    socket.on('data', (chunk) => {
      received += String(chunk);
      if (!done(received)) return;
      socket.destroy();
      resolve(received);
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(received));
  });
}

/** Sends the bytes and hangs up without waiting for an answer. */
export function leaveAfter(port: number, bytes: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(bytes, () => {
        socket.destroy();
        resolve();
      });
    });
    socket.on('error', () => {});
  });
}
