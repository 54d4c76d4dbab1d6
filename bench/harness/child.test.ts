import { describe, expect, it } from 'vitest';
import { type ChildSettings, openChild } from './child.js';
import { systemClock } from './clock.js';
import { simulatedClock } from './simulated-clock.js';
import type { Contestant } from './suite.js';

/** A child that speaks the protocol; `answer` is the body of a function of `message`. */
function script(answer: string, greeting = '{"ready":true,"version":"9.9"}'): readonly string[] {
  const source = `
    console.log(${JSON.stringify(greeting)});
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const message = JSON.parse(line);
      ${answer}
    });`;
  return ['-e', source];
}
const settings = (args: readonly string[], changes: Partial<ChildSettings> = {}): ChildSettings => ({
  command: process.execPath,
  args,
  clock: systemClock,
  ...changes,
});
const signal = new AbortController().signal;

async function openReady(given: ChildSettings): Promise<Contestant> {
  const opened = await openChild(given);
  if ('absent' in opened) throw new Error(opened.absent);
  return opened;
}

describe('a child that keeps to the protocol', () => {
  it('answers round after round from one process and ends with its input', async () => {
    const clock = simulatedClock();
    const child = await openReady(
      settings(script('console.log(JSON.stringify({ seconds: message.round + 10 + process.pid / 1e9 }))'), { clock }),
    );
    const figures: number[] = [];
    for (const index of [-1, 0, 1]) figures.push(await child.measure({ index, signal }));
    const identity = figures[0]! - 9;
    expect(identity).toBeGreaterThan(0);
    expect(figures).toEqual([9, 10, 11].map((whole) => expect.closeTo(whole + identity, 9)));
    expect(child.version).toBe('9.9');
    await child.close?.();
    expect(clock.waiting()).toBe(0);
  });

  it('may answer in another field and sees the environment that it was given', async () => {
    const child = await openReady(
      settings(script('console.log(JSON.stringify({ rate: Number(process.env.OMP_NUM_THREADS) }))'), {
        field: 'rate',
        env: { OMP_NUM_THREADS: '2' },
      }),
    );
    expect(await child.measure({ index: 0, signal })).toBe(2);
    await child.close?.();
  });

  it('shows whoever listens everything it says', async () => {
    const told: object[] = [];
    const child = await openReady(
      settings(script('console.log(\'{"seconds":1,"memory":7}\')', '{"ready":true,"losses":[2]}'), {
        told: (line) => told.push(line),
      }),
    );
    await child.measure({ index: 0, signal });
    await child.close?.();
    expect(told).toEqual([
      { ready: true, losses: [2] },
      { seconds: 1, memory: 7 },
    ]);
  });
});

describe('a child that cannot take part', () => {
  it('is refused when the listener refuses its greeting', async () => {
    const told = (): never => {
      throw new Error('another network');
    };
    await expect(openChild(settings(script(''), { told }))).rejects.toThrow('another network');
  });

  it('is absent when it says so', async () => {
    const opened = await openChild(settings(script('', '{"absent":"No module named torch"}')));
    expect(opened).toEqual({ absent: 'No module named torch' });
  });

  it('is absent when its command does not exist', async () => {
    const opened = await openChild(settings([], { command: '/no/such/python' }));
    expect(opened).toEqual({ absent: '/no/such/python is not installed' });
  });
});

describe('a child that breaks the protocol', () => {
  it.each([
    ['ends at once', ['-e', 'console.error("no licence"); process.exit(3)'], /ended with code 3; .*\s*no licence/],
    ['greets with another object', script('', '{"hello":1}'), /the first line must be \{"ready": true\}/],
    ['prints something else first', script('', 'Welcome!'), /"Welcome!".*standard error/],
  ])('cannot be opened when it %s', async (_, args, message) => {
    await expect(openChild(settings(args))).rejects.toThrow(message);
  });

  it.each([
    ['reports an error', 'console.log(JSON.stringify({ error: "singular matrix" }))', /^singular matrix$/],
    ['answers without the figure', 'console.log("{}")', /must be \{"seconds": number\}, not \{\}/],
    ['prints a list', 'console.log("[1]")', /one JSON object only/],
    ['ends in the round', 'process.exit(0)', /ended with code 0 without a word/],
    ['is killed in the round', 'process.kill(process.pid, "SIGKILL")', /ended by SIGKILL/],
  ])('fails the round when it %s, and still can be put away', async (_, answer, message) => {
    const child = await openReady(settings(script(answer)));
    await expect(child.measure({ index: 0, signal })).rejects.toThrow(message);
    await child.close?.();
  });

  it('does not take a second answer for that of the next round', async () => {
    const child = await openReady(settings(script('process.stdout.write(\'{"seconds":1}\\n{"seconds":2}\\n\')')));
    expect(await child.measure({ index: 0, signal })).toBe(1);
    await expect(child.measure({ index: 1, signal })).rejects.toThrow('without being asked: {"seconds":2}');
    await child.close?.();
  });
});

describe('deadlines', () => {
  it('gives up a child that is not ready in time, and ends it', async () => {
    const clock = simulatedClock();
    // The child shows by standard input's end that it was told to stop.
    const opening = openChild(settings(['-e', 'process.stdin.resume()'], { clock, startDeadline: 1000 }));
    clock.advance(1000);
    await expect(opening).rejects.toThrow('not ready within 1000 ms');
    expect(clock.waiting()).toBe(0);
  });

  it('leaves a round when its signal is aborted', async () => {
    const child = await openReady(settings(script('')));
    const late = new AbortController();
    const measured = child.measure({ index: 0, signal: late.signal });
    late.abort(new Error('too late'));
    await expect(measured).rejects.toThrow('too late');
    await child.close?.();
  });

  it('kills a child that ignores the end of its input and SIGTERM', async () => {
    const clock = simulatedClock();
    const stubborn = `
      process.on('SIGTERM', () => console.log('{"seconds":15}'));
      setInterval(() => {}, 1000);
      console.log('{"ready":true}');`;
    const child = await openReady(settings(['-e', stubborn], { clock, stopDeadline: 50 }));
    const closed = Promise.resolve(child.close?.());
    clock.advance(50);
    // Its answer to SIGTERM shows that it lives on; only then the time for SIGKILL comes.
    await expect(child.measure({ index: 0, signal })).resolves.toBe(15);
    clock.advance(50);
    await closed;
    await expect(child.measure({ index: 1, signal })).rejects.toThrow('SIGKILL');
  });
});
