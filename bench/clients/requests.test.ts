import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { timeRequests } from './requests.js';

async function withServer(listener: RequestListener, use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/health`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('timeRequests', () => {
  it.each([1, 4])('gives as many times as requests, %i at a time over as many connections', async (concurrency) => {
    let served = 0;
    let connections = 0;
    let under = 0;
    let most = 0;
    const listener: RequestListener = (_request, response) => {
      served += 1;
      under += 1;
      most = Math.max(most, under);
      setImmediate(() => {
        under -= 1;
        response.end('{"ok":1}');
      });
    };
    await withServer(
      (request, response) => {
        if (!('seen' in request.socket)) connections += 1;
        Object.assign(request.socket, { seen: true });
        listener(request, response);
      },
      async (url) => {
        const { seconds, bytes } = await timeRequests({ url, count: 50, concurrency });
        expect(seconds).toHaveLength(50);
        expect(seconds.every((time) => time > 0)).toBe(true);
        expect(bytes).toBe(8);
      },
    );
    // The connections are opened before anything is timed.
    expect(served).toBe(50 + concurrency);
    expect(connections).toBe(concurrency);
    expect(most).toBeLessThanOrEqual(concurrency);
  });

  it('fails at an answer that is not 200', async () => {
    let served = 0;
    const listener: RequestListener = (_request, response) => {
      served += 1;
      response.statusCode = served > 10 ? 503 : 200;
      response.end();
    };
    await withServer(listener, async (url) => {
      await expect(timeRequests({ url, count: 50, concurrency: 2 })).rejects.toThrow('/health answered 503');
    });
  });
});
