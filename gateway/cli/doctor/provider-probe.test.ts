import { describe, expect, it } from 'vitest';
import { float32, numbers, runModel } from '../../../learn/onnx/fixtures/run-model.js';
import { type ProbeAnswer, probeProvider } from './provider-probe.js';
import { EXPECTED, tinyInput, tinyModel } from './tiny-model.js';

describe('the tiny model', () => {
  it('has the result that was calculated by hand', async () => {
    expect(numbers((await runModel(tinyModel(), { x: tinyInput() }))['y'])).toEqual([...EXPECTED]);
  });

  it('depends on its input: a provider that gives constants is found out', async () => {
    const other = await runModel(tinyModel(), { x: float32([2, 3], [0, 0, 0, 0, 0, 0]) });
    expect(numbers(other['y'])).not.toEqual([...EXPECTED]);
  });
});

describe('the probe of a provider', () => {
  it('runs on the CPU', async () => {
    const answer = JSON.parse(await probeProvider('cpu')) as ProbeAnswer;
    expect(answer).toMatchObject({ outcome: 'ran', version: expect.stringMatching(/^\d+\.\d+/) });
  });

  it('tells a refusal instead of throwing', async () => {
    const answer = JSON.parse(await probeProvider('no-such-provider')) as ProbeAnswer;
    expect(answer).toMatchObject({ outcome: 'refused', error: expect.stringContaining('no-such-provider') });
  });
});
