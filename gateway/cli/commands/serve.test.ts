import { describe, expect, it } from 'vitest';
import { EXIT } from '../exit-codes.js';
import type { Engine, ServeOptions } from '../surroundings.js';
import { deferred, surroundingsWith } from '../testing/doubles.js';
import { fakeRuntime } from '../testing/fake-runtime.js';
import { type ServeFlags, serveGateway } from './serve.js';

const FLAGS: ServeFlags = { host: '127.0.0.1', port: 8000 };

/** A gateway that never ends by itself. */
const forEver = new Promise<undefined>(() => undefined);

function setUp(serve?: Engine['serve']) {
  const calls: string[] = [];
  const given: ServeOptions[] = [];
  const surroundings = surroundingsWith({
    createRuntime: async () => fakeRuntime({ onCall: (call) => void calls.push(`runtime ${call}`) }),
    serve:
      serve ??
      (async (_runtime, options) => {
        given.push(options);
        const close = async (): Promise<void> => void calls.push('server close');
        return { url: 'http://127.0.0.1:8000', port: 8000, ended: forEver, close };
      }),
  });
  return { ...surroundings, surroundings, calls, given };
}

describe('ganglion serve', () => {
  it('says where it listens, serves until a signal, closes from the outside to the inside, and ends with 0', async () => {
    const { surroundings, stdout, signals, calls } = setUp();
    const code = serveGateway(FLAGS, surroundings);
    await expect.poll(() => stdout.text).toContain('Ganglion 1.2.3 is listening on http://127.0.0.1:8000\n');
    expect(stdout.text).toContain('curl http://127.0.0.1:8000/health/ready');
    expect(stdout.text).toContain('ws://127.0.0.1:8000/api/v1/training/ws/all');
    expect(calls).toEqual([]);
    signals.send('SIGTERM');
    expect(await code).toBe(EXIT.done);
    expect(calls).toEqual(['server close', 'runtime close']);
    expect(stdout.text).toMatch(/shutting down[\s\S]*stopping runs and jobs[\s\S]*closed\n$/);
    expect(signals.listeners).toBe(0);
  });

  it('hands on the address, the names and the origins', async () => {
    const { surroundings, signals, given } = setUp();
    const code = serveGateway(
      { host: '::1', port: 0, allowHost: ['gateway.example.org'], corsOrigin: ['http://localhost:3000'] },
      surroundings,
    );
    await expect.poll(() => given).toHaveLength(1);
    signals.send('SIGINT');
    await code;
    expect(given[0]).toEqual({
      host: '::1',
      port: 0,
      allowedHosts: ['gateway.example.org'],
      corsOrigins: ['http://localhost:3000'],
    });
  });

  it('closes the runtime when the port is taken', async () => {
    const { surroundings, calls, signals } = setUp(async () =>
      Promise.reject(new Error('port 8000 of 127.0.0.1 is in use')),
    );
    await expect(serveGateway(FLAGS, surroundings)).rejects.toThrow('in use');
    expect(calls).toEqual(['runtime close']);
    expect(signals.listeners).toBe(0);
  });

  it('does not begin to listen when the signal came before', async () => {
    const { surroundings, signals, calls, given } = setUp();
    const code = serveGateway(FLAGS, surroundings);
    signals.send('SIGINT');
    expect(await code).toBe(EXIT.done);
    expect(calls).toEqual(['runtime close']);
    expect(given).toEqual([]);
  });

  it('closes everything and fails when the gateway dies under it', async () => {
    const calls: string[] = [];
    const { surroundings } = setUp(async () => ({
      url: 'http://127.0.0.1:8000',
      port: 8000,
      ended: Promise.resolve(new Error('its thread ran out of memory')),
      close: async () => void calls.push('server close'),
    }));
    await expect(serveGateway(FLAGS, surroundings)).rejects.toThrow('the gateway died: its thread ran out of memory');
    expect(calls).toEqual(['server close']);
  });

  it('says at a second signal that it is closing', async () => {
    const closing = deferred();
    const { surroundings, signals, stdout, stderr } = setUp(async () => ({
      url: 'http://127.0.0.1:8000',
      port: 8000,
      ended: forEver,
      close: () => closing.promise,
    }));
    const code = serveGateway(FLAGS, surroundings);
    await expect.poll(() => stdout.text).toContain('listening');
    signals.send('SIGINT');
    signals.send('SIGINT');
    expect(stderr.text).toContain('still closing');
    closing.resolve();
    expect(await code).toBe(EXIT.done);
  });
});
