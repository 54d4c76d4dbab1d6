import { describe, expect, it } from 'vitest';
import { systemClock } from '../../harness/clock.js';
import { runSuite } from '../../harness/run-suite.js';
import type { StartProcess, TrainingProcess } from '../training/our-side.js';
import { type MemoryComparison, memoryComparison } from './comparison.js';

const comparison: MemoryComparison = {
  name: 'checkpointing',
  network: 'mlp64',
  means: 'gradient checkpointing',
  saving: { checkpointing: { segments: 4 } },
  floors: { memory: 0.5, time: 1.33 },
  exact: true,
};

interface Figures {
  readonly peak: number;
  readonly seconds: number;
  readonly hash: string;
}

/** Processes of 100 bytes idle that find these figures. */
function processes(plain: Figures, saving: Figures, peakRestarted = true) {
  let closed = 0;
  const opened: object[] = [];
  const start: StartProcess = async () => {
    let figures = plain;
    const ask = async (name: string, question: Record<string, unknown>): Promise<object> => {
      if (name === 'open') {
        opened.push(question);
        if (question['checkpointing']) figures = saving;
        return { idle: 100, peakRestarted, nodes: 1 };
      }
      if (name === 'gradients') return { hash: figures.hash };
      const steps = Number(question['steps']);
      return { steps, seconds: steps * figures.seconds, outside: 0, peak: figures.peak };
    };
    return { ask, close: async () => void closed++ } as unknown as TrainingProcess;
  };
  const run = () => {
    const context = { root: '/', clock: systemClock, quick: true };
    const rows = [memoryComparison(comparison, context, start)];
    return runSuite(
      { name: 'memory', rows },
      { clock: systemClock, signal: new AbortController().signal, quick: true },
    );
  };
  return { run, opened, closed: () => closed };
}

const plain = { peak: 1100, seconds: 1, hash: 'abc' };

describe('a comparison of memory', () => {
  it('tells peaks above the idle process, times and whether the gradients are the same', async () => {
    const both = processes(plain, { peak: 500, seconds: 1.25, hash: 'abc' });
    const { rows, failures } = await both.run();
    expect(failures).toEqual([]);
    expect(rows.map(({ name, value, ok }) => [name, value, ok])).toEqual([
      ['checkpointing_memory', 0.4, true],
      ['checkpointing_time', 1.25, true],
      ['checkpointing_differences', 0, true],
    ]);
    expect(rows[0]!.note).toBe('1 kB without, 400 B with; idle 100 B');
    expect(both.closed()).toBe(2);
  });

  it('misses its floors when memory, time or a bit is off', async () => {
    const { rows } = await processes(plain, { peak: 700, seconds: 1.5, hash: 'abd' }).run();
    expect(rows.map(({ ok }) => ok)).toEqual([false, false, false]);
  });

  it('gives each training a process of its own, that differs in what saves memory only', async () => {
    const both = processes(plain, plain);
    await both.run();
    const [first, second] = both.opened as [object, object];
    expect(second).toEqual({ ...first, checkpointing: { segments: 4 } });
  });

  it('is refused where the peak of the building cannot be left out', async () => {
    const both = processes(plain, plain, false);
    const { failures } = await both.run();
    expect(failures[0]!.error).toContain('cannot forget the peak');
    expect(both.closed()).toBe(1);
  });
});
