import { describe, expect, it } from 'vitest';
import { MemoryLog } from '../testing/memory-log.js';
import type { Frame } from './frame.js';
import { StreamHub } from './hub.js';

describe('hub', () => {
  it('subscribes once for many listeners and gives all of them the same bytes', async () => {
    const log = new MemoryLog();
    const hub = new StreamHub(log);
    const got: Frame[][] = [[], [], []];
    const members = await Promise.all(got.map((frames) => hub.join('job_1', (frame) => frames.push(frame))));
    log.append('job_1', 'status_update');
    expect(log.subscriptions.get('job_1')).toBe(1);
    expect(got.map((frames) => frames.length)).toEqual([1, 1, 1]);
    expect(got[0]![0]!.bytes).toBe(got[2]![0]!.bytes);
    for (const member of members) member.leave();
    await Promise.resolve();
    expect(log.watched).toEqual([]);
    expect(hub.size).toBe(0);
  });

  it('tells a late listener the newest number that the others have had', async () => {
    const log = new MemoryLog();
    const hub = new StreamHub(log);
    log.append('job_1', 'status_update');
    expect((await hub.join('job_1', () => {})).last).toBe(1);
    log.append('job_1', 'status_update');
    expect((await hub.join('job_1', () => {})).last).toBe(2);
  });

  it('keeps a subscription as long as one listener stays', async () => {
    const log = new MemoryLog();
    const hub = new StreamHub(log);
    const got: Frame[] = [];
    const first = await hub.join('job_1', () => {});
    await hub.join('job_1', (frame) => got.push(frame));
    first.leave();
    first.leave();
    log.append('job_1', 'status_update');
    expect(got).toHaveLength(1);
  });

  it('subscribes anew after everyone left', async () => {
    const log = new MemoryLog();
    const hub = new StreamHub(log);
    (await hub.join('job_1', () => {})).leave();
    const got: Frame[] = [];
    await hub.join('job_1', (frame) => got.push(frame));
    log.append('job_1', 'status_update');
    expect(log.subscriptions.get('job_1')).toBe(2);
    expect(got).toHaveLength(1);
  });

  it('passes on why a subscription failed, and tries again for the next listener', async () => {
    const log = new MemoryLog();
    const subscribe = log.subscribe.bind(log);
    let attempts = 0;
    log.subscribe = async (stream, listener) => {
      attempts += 1;
      if (attempts === 1) throw new Error('store is closed');
      return subscribe(stream, listener);
    };
    const hub = new StreamHub(log);
    await expect(hub.join('job_1', () => {})).rejects.toThrow('store is closed');
    await expect(hub.join('job_1', () => {})).resolves.toMatchObject({ last: 0 });
  });
});
