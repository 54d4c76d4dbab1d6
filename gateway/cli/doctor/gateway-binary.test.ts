import { describe, expect, it } from 'vitest';
import { loadUws, type Uws } from '../../uws.js';
import { runCheck } from './check.js';
import { gatewayBinaryFinding } from './gateway-binary.js';

describe('the binary of the gateway', () => {
  it('loads and listens on this machine', async () => {
    expect(await gatewayBinaryFinding()).toEqual({ state: 'ok', detail: 'uWebSockets.js loads and listens' });
  });

  it('is a problem that names the command to run where there is none for this Node', async () => {
    const load = (): Promise<Uws> => loadUws(async () => Promise.reject(new Error('no such file')));
    const result = await runCheck({ name: 'gateway', needed: true, check: () => gatewayBinaryFinding(load) });
    expect(result.state).toBe('problem');
    expect(result.detail).toContain('npm install');
  });

  it('is a problem when no port may be listened on', async () => {
    let closed = false;
    const deaf = {
      App: () => ({
        listen: (_host: string, _port: number, _options: number, done: (socket: false) => void) => done(false),
        close: () => {
          closed = true;
        },
      }),
    } as unknown as Uws;
    expect(await gatewayBinaryFinding(async () => deaf)).toMatchObject({
      state: 'problem',
      remedy: expect.any(String),
    });
    expect(closed).toBe(true);
  });
});
