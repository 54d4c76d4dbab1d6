import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RuntimeOptions } from '../../actors/runtime-types.js';
import { EXIT } from './exit-codes.js';
import { deferred, surroundingsWith } from './testing/doubles.js';
import { EventScript, fakeRuntime } from './testing/fake-runtime.js';
import { temporaryFolder } from './testing/temporary-folder.js';
import { runSession, type Session, type WorkFlags } from './work-session.js';

/** A session whose work is a promise, and everything that happened in its order. */
function sessionOf(
  parts: Partial<Session<string>> & { readonly outcome?: Promise<string>; readonly events?: EventScript },
) {
  const calls: string[] = [];
  const events = parts.events ?? new EventScript();
  if (parts.events === undefined) events.end();
  const session: Session<string> = {
    what: 'the work',
    view: {
      take: ({ type }) => void calls.push(`shown ${type}`),
      note: (line) => void calls.push(line),
      stop: () => void calls.push('view stopped'),
    },
    begin: async () => ({
      result: parts.outcome ?? Promise.resolve('fine'),
      end: async () => void calls.push('asked to end'),
      [Symbol.asyncIterator]: () => events[Symbol.asyncIterator](),
    }),
    conclude(outcome) {
      calls.push(`concluded ${outcome}`);
      return EXIT.done;
    },
    ...parts,
  };
  const given: RuntimeOptions[] = [];
  const surroundings = surroundingsWith({
    createRuntime: async (options) => {
      given.push(options);
      return fakeRuntime({ onCall: (call) => void calls.push(`runtime ${call}`) });
    },
  });
  return {
    session,
    calls,
    events,
    given,
    surroundings,
    run: (flags: WorkFlags = {}) => runSession(session, flags, surroundings),
  };
}

describe('a session', () => {
  it('shows the events, concludes, and closes the runtime', async () => {
    const events = new EventScript();
    events.send('a');
    events.send('b');
    events.end();
    const { calls, run, surroundings } = sessionOf({ events });
    expect(await run()).toBe(EXIT.done);
    expect(calls).toEqual([
      'shown a',
      'shown b',
      'view stopped',
      'concluded fine',
      'view stopped',
      'runtime close',
      'view stopped',
    ]);
    expect(surroundings.signals.listeners).toBe(0);
  });

  it('closes the runtime also when the work cannot begin, or is lost', async () => {
    for (const parts of [
      { begin: async () => Promise.reject(new Error('refused')) },
      { outcome: Promise.reject<string>(new Error('refused')) },
    ]) {
      const { calls, run, surroundings } = sessionOf(parts);
      await expect(run()).rejects.toThrow('refused');
      expect(calls).toContain('runtime close');
      expect(calls.some((call) => call.startsWith('concluded'))).toBe(false);
      expect(surroundings.signals.listeners).toBe(0);
    }
  });

  it('ends the work at the first signal, waits for it, and says at the second that it is closing', async () => {
    const { promise, resolve } = deferred<string>();
    const { calls, run, surroundings } = sessionOf({ outcome: promise });
    const code = run();
    await expect.poll(() => surroundings.signals.listeners).toBe(1);
    surroundings.signals.send('SIGINT');
    await expect.poll(() => calls).toContain('asked to end');
    surroundings.signals.send('SIGINT');
    expect(calls).toContain('stopping the work ...');
    expect(calls.at(-1)).toContain('still closing');
    expect(calls.at(-1)).toContain('4711');
    expect(calls).not.toContain('runtime close');
    resolve('ended early');
    expect(await code).toBe(130);
    expect(calls).toContain('concluded ended early');
    expect(calls).toContain('runtime close');
  });

  it('begins nothing when the signal came while the runtime was opening', async () => {
    const { calls, run, surroundings } = sessionOf({});
    const code = run();
    surroundings.signals.send('SIGTERM');
    expect(await code).toBe(143);
    expect(calls).toContain('the work was not begun');
    expect(calls).toContain('runtime close');
    expect(calls.some((call) => call.startsWith('concluded'))).toBe(false);
  });

  it('goes on when its events can no longer be read', async () => {
    const broken: AsyncIterable<never> = {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('log unreadable')) }),
    };
    const { calls, run } = sessionOf({
      begin: async () => ({ result: Promise.resolve('fine'), end: async () => undefined, ...broken }),
    });
    expect(await run()).toBe(EXIT.done);
    expect(calls[0]).toBe('warning: progress is not shown any more (log unreadable); the work goes on');
    expect(calls).toContain('concluded fine');
  });

  it('writes every event to the file that was asked for', async () => {
    const events = new EventScript();
    for (let seq = 0; seq < 20; seq++) events.send('tick');
    events.end();
    const path = join(temporaryFolder(), 'events.jsonl');
    expect(await sessionOf({ events }).run({ events: path })).toBe(EXIT.done);
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
  });

  it.runIf(process.platform === 'linux')('fails when the file of events could not take them all', async () => {
    const events = new EventScript();
    events.send('tick');
    events.end();
    await expect(sessionOf({ events }).run({ events: '/dev/full' })).rejects.toMatchObject({
      exitCode: EXIT.failed,
      message: expect.stringContaining('lacks events'),
    });
  });

  it('tells the warnings of the runtime', async () => {
    const { calls, given, run } = sessionOf({});
    await run({ threads: 2 });
    given[0]!.onWarning!('slow\ndisk');
    expect(calls.at(-1)).toBe('warning: slow; disk');
    expect(given[0]).toMatchObject({ threads: 2, dataDir: '/nowhere/.ganglion' });
  });
});
