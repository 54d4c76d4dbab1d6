import { expect, it } from 'vitest';
import { noteOf } from './facts.js';

const ours = { losses: [], outside: [0.01, 0.02, 0.5], rates: [40, 50, 60], peak: 150e6 };

it('tells the times of a step, the peaks, the share outside and how the losses agree', () => {
  expect(noteOf({ ...ours, peerRates: [100], peerPeak: 700e6, agreement: 2.14e-7 })).toBe(
    'a step takes 20 ms (the peer 10 ms); peak memory of the process 150 MB (the peer 700 MB); outside session.run 2 %; losses of the first steps agree to 2.1e-7',
  );
});

it('tells nothing of a peer that is not there', () => {
  expect(noteOf({ ...ours, peerRates: [] })).toBe(
    'a step takes 20 ms; peak memory of the process 150 MB; outside session.run 2 %',
  );
});
