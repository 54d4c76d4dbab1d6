import { describe, expect, it } from 'vitest';
import { Control } from './control.js';

describe('the words between the kernel and a host', () => {
  it('let native calls in until the host closes, and none after', () => {
    const host = new Control();
    const kernel = new Control(host.memory);
    expect(host.enterNative()).toBe(true);
    kernel.close();
    expect(kernel.mayEnd).toBe(false);
    expect(host.enterNative()).toBe(false);
    host.leaveNative();
    expect(kernel.mayEnd).toBe(true);
  });

  it('hold the thread while something on it must be closed first', () => {
    const host = new Control();
    host.openResource();
    expect(host.mayEnd).toBe(false);
    expect(host.waitUntilMayEnd(1)).toBe(false);
    host.closeResource();
    expect(host.waitUntilMayEnd(1)).toBe(true);
  });

  it('hold the thread through work that must not be cut off, and refuse it once the host closes', async () => {
    const host = new Control();
    const held = await host.whileHeld(async () => host.mayEnd);
    expect(held).toBe(false);
    await expect(host.whileHeld(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(host.mayEnd).toBe(true);
    host.close();
    await expect(host.whileHeld(() => 1)).rejects.toMatchObject({ code: 'stopped' });
    expect(host.mayEnd).toBe(true);
  });

  it('tell a host that waits for it that it is to close', async () => {
    const host = new Control();
    const told = host.whenClosing();
    new Control(host.memory).close();
    await told;
    expect(host.closing).toBe(true);
    await host.whenClosing();
  });

  it('stop one actor and no other', () => {
    const host = new Control();
    host.requestStop(7);
    expect(host.stopRequested(7)).toBe(true);
    expect(host.stopRequested(8)).toBe(false);
    host.clearStop(7);
    expect(host.stopRequested(7)).toBe(false);
  });
});
