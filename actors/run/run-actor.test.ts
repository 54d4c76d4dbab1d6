import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { EventLog, RuntimeError } from '../../runtime/index.js';
import { graph, type Line } from '../fixtures/graph.js';
import { eventsOf, firstEvent, temporaryRuntime } from '../fixtures/temporary-runtime.js';
import type { WireEvent } from '../runtime-types.js';

const statusesOf = (result: { executions: Readonly<Record<string, { status: string }>> }) =>
  Object.fromEntries(Object.entries(result.executions).map(([id, { status }]) => [id, status]));

const stored = (events: readonly WireEvent[]) => events.filter(({ seq }) => seq !== undefined);

const is = (nodeId: string, status: string) => (event: WireEvent) =>
  event.type === 'node_progress' && event['node_id'] === nodeId && event['status'] === status;

describe('a run', () => {
  it('passes outputs on by their ports and tells every step in order, without gaps', async () => {
    const { runtime } = await temporaryRuntime();
    const run = await runtime.start(
      graph(['a', 'say', { give: 1 }], ['b', 'say', { give: [2] }], ['c', 'pass', {}, 'a', 'b']),
    );
    const events = stored(await eventsOf(run));
    const result = await run.result;
    expect(result).toMatchObject({ run_id: run.id, status: 'success', outputs: { c: { value: [1, [2]] } } });
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events[0]).toMatchObject({ type: 'workflow_started', total_nodes: 3, run_id: run.id });
    expect(events.at(-1)).toMatchObject({ type: 'workflow_completed', result: { status: 'success' } });
    const at = (id: string, status: string) => events.findIndex(is(id, status));
    for (const id of ['a', 'b', 'c']) expect(at(id, 'running')).toBeLessThan(at(id, 'completed'));
    expect(at('c', 'running')).toBeGreaterThan(Math.max(at('a', 'completed'), at('b', 'completed')));
  });

  it('tells the same events to whoever comes late, and to several at once', async () => {
    const { runtime } = await temporaryRuntime();
    const run = await runtime.start(graph(['a', 'say'], ['b', 'heavy', {}, 'a']));
    const [early, other] = await Promise.all([eventsOf(run), eventsOf(run)]);
    await run.result;
    const late = await eventsOf(run);
    expect(stored(other)).toEqual(stored(early));
    expect(late).toEqual(stored(early));
  });

  it('skips what hangs on a failed node, runs the rest, and reports every failure', async () => {
    const { runtime } = await temporaryRuntime();
    const run = await runtime.start(
      graph(
        ['bad', 'break', { how: 'throw' }],
        ['after', 'pass', {}, 'bad'],
        ['long_after', 'pass', {}, 'after'],
        ['good', 'say', { give: 1 }],
        ['next', 'pass', {}, 'good'],
        ['worse', 'break', { how: 'text' }, 'good'],
        ['both', 'pass', {}, 'next', 'worse'],
      ),
    );
    const events = stored(await eventsOf(run));
    const result = await run.result;
    expect(statusesOf(result)).toEqual({
      bad: 'failed',
      after: 'skipped',
      long_after: 'skipped',
      good: 'completed',
      next: 'completed',
      worse: 'failed',
      both: 'skipped',
    });
    expect(result.status).toBe('error');
    expect(result.executions['bad']?.error).toBe('the film is missing');
    expect(result.executions['worse']?.error).toBe('only words');
    expect(result.executions['long_after']?.error).toContain('"bad"');
    expect(result.statistics).toMatchObject({ completed_nodes: 2, failed_nodes: 2, skipped_nodes: 3 });
    for (const [id, status] of Object.entries(statusesOf(result)))
      expect(events.filter(is(id, status))).toHaveLength(1);
  });

  it.each([
    ['throw', 'the film is missing'],
    ['text', 'only words'],
    ['nothing', 'undefined'],
    ['exit', 'thread'],
    ['uncaught', 'nobody caught this'],
    ['forget', 'did not give its output "value"'],
    ['list', 'did not give its output "value"'],
    ['function', 'holds a function at deep[0]'],
    ['map', 'is a Map'],
    ['bigint', 'is a bigint'],
    ['cycle', 'holds itself at first'],
    ['event', 'holds a function at value'],
  ])('fails a node that breaks by "%s" with a reason, and the thread serves the next one', async (how, reason) => {
    const { runtime } = await temporaryRuntime({ threads: 1 });
    const run = await runtime.start(graph(['bad', 'break', { how }], ['after', 'pass', {}, 'bad']));
    const result = await run.result;
    expect(statusesOf(result)).toEqual({ bad: 'failed', after: 'skipped' });
    expect(result.executions['bad']?.error).toContain(reason);
    const next = await runtime.start(graph(['a', 'say', { give: 5 }]));
    expect((await next.result).outputs).toEqual({ a: { value: 5 } });
  });

  it('keeps its own numbers, times and names in events whatever fields a node gives them', async () => {
    const { runtime } = await temporaryRuntime();
    const run = await runtime.start(graph(['odd', 'break', { how: 'number' }]));
    const events = stored(await eventsOf(run));
    const told = events.find(({ type }) => type === 'node_event');
    expect(told).toMatchObject({ seq: 3, run_id: run.id, node_id: 'odd', event: 'odd', value: 7 });
    expect(Date.parse(told!.ts)).toBeGreaterThan(0);
  });

  it('sends only what a port carries', async () => {
    const { runtime } = await temporaryRuntime();
    const run = await runtime.start(graph(['a', 'extra'], ['b', 'pass', {}, 'a']));
    expect((await run.result).outputs).toEqual({ a: { value: 1 }, b: { value: [1, null] } });
  });

  it('shows large values as handles and keeps their bytes', async () => {
    const { runtime, folder } = await temporaryRuntime();
    const run = await runtime.start(graph(['big', 'numbers', { give: 4_000_000 }], ['b', 'say', {}, 'big']));
    const { outputs } = await run.result;
    const { $file } = outputs['big']!['value'] as { $file: { bytes: number; sha256: string } };
    const file = readFileSync(join(folder, 'artefacts', $file.sha256.slice(0, 2), $file.sha256));
    expect(file.length).toBe($file.bytes);
    expect($file.bytes).toBeGreaterThan(16_000_000);
  });

  it('feeds 200 nodes from one and gathers them again', async () => {
    const { runtime } = await temporaryRuntime();
    const middle = Array.from({ length: 200 }, (_, index) => `m${index}`);
    const run = await runtime.start(
      graph(['source', 'say', { give: 1 }], ...middle.map((id) => [id, 'pass', {}, 'source'] as const)),
    );
    const events = stored(await eventsOf(run));
    const result = await run.result;
    expect(result.statistics).toMatchObject({ total_nodes: 201, completed_nodes: 201 });
    expect(events).toHaveLength(2 * 201 + 2);
  });

  it('runs 1,000 light nodes in chains, two runs at once, each with its own numbers', async () => {
    const { runtime } = await temporaryRuntime();
    const chains = (start: number) =>
      graph(
        ...Array.from({ length: 500 }, (_, index): Line => {
          const [chain, link] = [Math.floor(index / 50), index % 50];
          const line: Line = [`${chain}-${link}`, 'say', { give: start + chain }];
          return link === 0 ? line : ([...line, `${chain}-${link - 1}`] as unknown as Line);
        }),
      );
    const runs = await Promise.all([runtime.start(chains(0)), runtime.start(chains(100))]);
    const results = await Promise.all(runs.map((run) => run.result));
    for (const [index, result] of results.entries()) {
      expect(result.statistics).toMatchObject({ total_nodes: 500, completed_nodes: 500 });
      expect(result.outputs['9-49']).toEqual({ value: 100 * index + 9 });
      const events = stored(await eventsOf(runs[index]!));
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, place) => place + 1));
      expect(events.every((event) => event['run_id'] === runs[index]!.id)).toBe(true);
    }
  });
});

describe('a run in a world that fails', () => {
  it('fails a node that no thread has room for, and goes on with the others', async () => {
    const { runtime, kernel } = await temporaryRuntime();
    const { spawn } = kernel;
    vi.spyOn(kernel, 'spawn').mockImplementation((source, init, placement) => {
      if (placement === 'own-heavy') throw new RuntimeError('host_gone', 'every thread is full');
      return spawn.call(kernel, source, init, placement) as never;
    });
    const run = await runtime.start(
      graph(['a', 'say'], ['b', 'heavy', {}, 'a'], ['c', 'pass', {}, 'a'], ['d', 'pass', {}, 'b']),
    );
    const result = await run.result;
    expect(statusesOf(result)).toEqual({ a: 'completed', b: 'failed', c: 'completed', d: 'skipped' });
    expect(result.executions['b']!.error).toBe('every thread is full');
  });

  it('ends, stops its nodes and says so when its events cannot be written down any more', async () => {
    const { runtime } = await temporaryRuntime();
    const run = await runtime.start(graph(['c', 'compute'], ['h', 'wait']));
    const full = vi
      .spyOn(EventLog.prototype, 'append')
      .mockRejectedValue(new RuntimeError('store_failed', 'the disk is full'));
    try {
      await run.cancel();
      await expect(run.result).rejects.toMatchObject({
        code: 'store_failed',
        message: expect.stringContaining('the disk is full'),
      });
    } finally {
      full.mockRestore();
    }
  });

  it('loses nothing of the nodes on other threads when one thread dies', async () => {
    const { runtime } = await temporaryRuntime({ threads: 2 });
    const run = await runtime.start(
      graph(['dies', 'break', { how: 'exit' }], ['heavy', 'heavy'], ['after', 'pass', {}, 'heavy']),
    );
    expect(statusesOf(await run.result)).toEqual({ dies: 'failed', heavy: 'completed', after: 'completed' });
  });
});

describe('cancelling a run', () => {
  it('stops a node that waits for its signal and one that computes without a pause, and starts nothing more', async () => {
    const { runtime } = await temporaryRuntime();
    const run = await runtime.start(
      graph(['w', 'wait'], ['c', 'compute'], ['done', 'say', { give: 1 }], ['after', 'pass', {}, 'w', 'c']),
    );
    const seen = new Set<unknown>();
    await firstEvent(run, (event) => {
      if (event['status'] === 'running' || event['status'] === 'completed')
        seen.add(`${event['node_id']} ${event['status']}`);
      return seen.has('w running') && seen.has('c running') && seen.has('done completed');
    });
    await run.cancel();
    await run.cancel().catch((error: { code: string }) => expect(error.code).toBe('conflict'));
    const result = await run.result;
    expect(result.status).toBe('cancelled');
    expect(statusesOf(result)).toEqual({ w: 'cancelled', c: 'cancelled', done: 'completed', after: 'cancelled' });
    expect(stored(await eventsOf(run)).at(-1)?.type).toBe('workflow_completed');
  });

  it('works before the first node has begun', async () => {
    const { runtime } = await temporaryRuntime();
    const run = await runtime.start(graph(['a', 'wait'], ['b', 'pass', {}, 'a']));
    await run.cancel();
    expect(statusesOf(await run.result)).toEqual({ a: 'cancelled', b: 'cancelled' });
  });

  it('is refused once the run has ended', async () => {
    const { runtime } = await temporaryRuntime();
    const run = await runtime.start(graph(['a', 'say']));
    await run.result;
    await expect(run.cancel()).rejects.toMatchObject({ code: 'conflict' });
  });

  it('ends without a node that never comes back', async () => {
    const warnings: string[] = [];
    const { runtime } = await temporaryRuntime({ onWarning: (message) => warnings.push(message) });
    const run = await runtime.start(graph(['h', 'hang'], ['after', 'pass', {}, 'h']));
    await firstEvent(run, ({ event }) => event === 'hangs');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      await run.cancel();
      vi.advanceTimersByTime(10_000);
      expect(statusesOf(await run.result)).toEqual({ h: 'cancelled', after: 'cancelled' });
      let open = true;
      const closed = runtime.close().finally(() => {
        open = false;
      });
      while (open) {
        vi.advanceTimersByTime(1000);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await closed;
      expect(warnings.join()).toContain('ended by force');
    } finally {
      vi.useRealTimers();
    }
  });

  it('is what closing the runtime does to runs', async () => {
    const { runtime } = await temporaryRuntime();
    const run = await runtime.start(graph(['w', 'wait'], ['c', 'compute']));
    await firstEvent(run, is('w', 'running'));
    await runtime.close();
    expect((await run.result).status).toBe('cancelled');
    await expect(runtime.start(graph(['a', 'say']))).rejects.toMatchObject({ code: 'runtime_closed' });
  });
});
