import { describe, expect, it } from 'vitest';
import { loadUws } from './uws.js';

describe('loadUws', () => {
  it('loads the installed binary', async () => {
    const uws = await loadUws();
    expect(uws.App).toBeTypeOf('function');
    expect(uws.LIBUS_LISTEN_EXCLUSIVE_PORT).toBe(1);
  });

  it('takes the official package too, whose names stand on the default export', async () => {
    const App = (): never => {
      throw new Error('not called');
    };
    expect((await loadUws(async () => ({ default: { App } }))).App).toBe(App);
  });

  it('names the version of Node and what to do when there is no binary', async () => {
    const cause = new Error('Cannot find module ./bin/uws_linux_x64_999.node');
    const error = await loadUws(() => Promise.reject(cause)).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ cause });
    expect((error as Error).message).toContain(`Node ${process.versions.node}`);
    expect((error as Error).message).toContain('Node 20 to 22');
    expect((error as Error).message).toContain('npm install uNetworking/uWebSockets.js#v20');
  });
});
