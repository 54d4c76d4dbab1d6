import { describe, expect, it, vi } from 'vitest';
import { onWebgpu, webgpuAvailable } from '../../fixtures/webgpu.js';
import { splitDataset } from '../data/index.js';
import { ortDevice } from './fixtures/ort-device.js';
import { readPatients, SETTINGS, SPEC } from './fixtures/patients.js';
import { Training, type TrainingInput } from './training.js';

const { train, val } = splitDataset(readPatients(), { train: 0.6, val: 0.2, test: 0.2, seed: 4 });
const input: TrainingInput = {
  spec: SPEC,
  train,
  validation: val!,
  settings: { ...SETTINGS, epochs: 2, batchSize: 16 },
};

describe.skipIf(!webgpuAvailable())(onWebgpu('the state of a training'), () => {
  it('stays on the GPU from run to run, also when runs become longer, and is read only when somebody asks', async () => {
    const device = ortDevice('webgpu');
    using download = vi.spyOn(device, 'download');
    const training = await Training.open(device, input);
    const large = training.graph.state.filter(({ shape }) => shape.reduce((all, extent) => all * extent, 1) > 16);
    expect(large.length).toBeGreaterThan(0);
    for (let step = 0; step < 3; step++) {
      await training.next(1);
      // One set of them: those before are freed.
      expect(device.kept).toBe(large.length);
    }
    expect(download).not.toHaveBeenCalled();
    const state = await training.state();
    expect(Object.keys(state.tensors)).toEqual(training.graph.state.map(({ name }) => name));
    for (const { data } of Object.values(state.tensors)) expect(data.length).toBeGreaterThan(0);
    await training.state();
    expect(download).toHaveBeenCalledTimes(1);
    while ((await training.next()).type !== 'finished');
    await training.release();
    expect(device.kept).toBe(0);
  });

  it('goes on from what was read, to the same bytes, and comes to what the CPU comes to', async () => {
    const toTheEnd = async (training: Training) => {
      while ((await training.next(1)).type !== 'finished');
      const { tensors } = await training.state();
      await training.release();
      return tensors;
    };
    const device = ortDevice('webgpu');
    const half = await Training.open(device, input);
    for (let step = 0; step < 5; step++) await half.next(1);
    const between = await half.state();
    const whole = await toTheEnd(half);
    expect(await toTheEnd(await Training.open(device, input, between))).toEqual(whole);
    // The graph of another provider has a name of its own.
    const onCpu = await toTheEnd(await Training.open(ortDevice('cpu'), input));
    for (const [name, { data }] of Object.entries(whole)) {
      for (const [place, value] of data.entries())
        expect(Number(value)).toBeCloseTo(Number(onCpu[name]!.data[place]), 3);
    }
  });
});
