import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkSchedule, rateAt, type Schedule, startPlateau } from './index.js';
import { SCHEDULES } from './rows.js';

const CONTEXT = { learningRate: 0.1, totalSteps: 12, stepsPerEpoch: 1 };

/** What `torch.optim.lr_scheduler` of PyTorch 2.15 gives step by step, in float64, from the learning rate 0.1. */
const TORCH: readonly [Schedule, readonly number[]][] = [
  [
    { type: 'step', every: 3, gamma: 0.5 },
    [0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025, 0.0125, 0.0125, 0.0125],
  ],
  [
    { type: 'multi_step', milestones: [2, 5, 5, 9], gamma: 0.5 },
    [0.1, 0.1, 0.05, 0.05, 0.05, 0.0125, 0.0125, 0.0125, 0.0125, 0.00625, 0.00625, 0.00625],
  ],
  [
    { type: 'exponential', gamma: 0.9 },
    [
      0.1, 0.09000000000000001, 0.08100000000000002, 0.07290000000000002, 0.06561000000000002, 0.05904900000000002,
      0.05314410000000002, 0.04782969000000002, 0.043046721000000024, 0.03874204890000002, 0.03486784401000002,
      0.03138105960900001,
    ],
  ],
  [
    { type: 'cosine', period: 8, minLearningRate: 0.01 },
    [
      0.1, 0.0965745789630079, 0.08681980515339463, 0.07222075445642905, 0.055, 0.03777924554357096,
      0.023180194846605363, 0.013425421036992097, 0.01, 0.013425421036992097, 0.02318019484660537, 0.03777924554357097,
    ],
  ],
  [
    { type: 'cosine_restarts', period: 4, minLearningRate: 0.01 },
    [
      0.1, 0.08681980515339464, 0.05500000000000001, 0.023180194846605363, 0.1, 0.08681980515339464,
      0.05500000000000001, 0.023180194846605363, 0.1, 0.08681980515339464, 0.05500000000000001, 0.023180194846605363,
    ],
  ],
  [
    { type: 'cosine_restarts', period: 3, growth: 2 },
    [
      0.1, 0.07500000000000001, 0.025000000000000012, 0.1, 0.09330127018922195, 0.07500000000000001, 0.05,
      0.025000000000000012, 0.006698729810778065, 0.1, 0.09829629131445342, 0.09330127018922195, 0.08535533905932738,
      0.07500000000000001, 0.06294095225512604, 0.05,
    ],
  ],
  [
    { type: 'one_cycle' },
    [
      0.0040000000000000036, 0.0349789654219583, 0.08792851591221287, 0.09944154354509119, 0.09330129698414118,
      0.0811745653949763, 0.06473789976951033, 0.046263710266697504, 0.028306099820869922, 0.01334775301888306,
      0.0034566987425395223, 4e-7,
    ],
  ],
  [
    {
      type: 'one_cycle',
      maxLearningRate: 0.3,
      anneal: 'linear',
      upShare: 0.25,
      divFactor: 10,
      finalDivFactor: 100,
    },
    [
      0.03, 0.165, 0.30000000000000004, 0.2667, 0.2334, 0.2001, 0.1668, 0.1335, 0.10020000000000001,
      0.06690000000000002, 0.03360000000000002, 0.00030000000000002247,
    ],
  ],
  [
    { type: 'linear', startFactor: 0.2, endFactor: 0.8, length: 8 },
    [
      0.020000000000000004, 0.027500000000000004, 0.035, 0.04250000000000001, 0.05000000000000002, 0.057500000000000016,
      0.06500000000000002, 0.07250000000000002, 0.08000000000000003, 0.08000000000000003, 0.08000000000000003,
      0.08000000000000003,
    ],
  ],
  [
    { type: 'polynomial', length: 8, power: 2 },
    [
      0.1, 0.0765625, 0.05625, 0.03906250000000001, 0.02500000000000001, 0.014062500000000006, 0.006250000000000002,
      0.0015625000000000005, 0, 0, 0, 0,
    ],
  ],
  [
    { type: 'cosine', warmup: { steps: 4, startFactor: 0.25 } },
    [
      0.025, 0.043750000000000004, 0.06250000000000001, 0.08125000000000002, 0.1, 0.09619397662556434,
      0.08535533905932738, 0.0691341716182545, 0.05, 0.030865828381745515, 0.014644660940672627, 0.0038060233744356634,
    ],
  ],
  [
    { type: 'exponential', gamma: 0.9, warmup: { epochs: 4, startFactor: 0.25 } },
    [
      0.025, 0.043750000000000004, 0.06250000000000001, 0.08125000000000002, 0.1, 0.09000000000000001,
      0.08100000000000002, 0.07290000000000002, 0.06561000000000002, 0.05904900000000002, 0.05314410000000002,
      0.04782969000000002,
    ],
  ],
  [
    { type: 'step', every: 3, gamma: 0.5, warmup: { steps: 4 } },
    [
      0.03333333333333333, 0.05, 0.06666666666666668, 0.08333333333333334, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025,
      0.025,
    ],
  ],
];

const THREE_PHASES = [
  0.0040000000000000036, 0.013167184270002533, 0.037167184270002526, 0.06683281572999747, 0.09083281572999748, 0.1,
  0.09083281572999748, 0.06683281572999748, 0.037167184270002526, 0.013167184270002527, 0.004, 0.0034142721410168574,
  0.0020001999999999997, 0.0005861278589831424, 4e-7,
];

describe('rates are those of PyTorch', () => {
  const same = (schedule: Schedule, expected: readonly number[], context = CONTEXT) => {
    checkSchedule(schedule);
    for (const [step, rate] of expected.entries()) {
      const ours = rateAt(schedule, step, context);
      expect(Math.abs(ours - rate), `step ${step}: ${ours}, not ${rate}`).toBeLessThan(1e-15 + 1e-12 * rate);
    }
  };

  test.each(TORCH)('%o', (schedule, expected) => same(schedule, expected));

  test('one cycle of three phases', () => {
    same({ type: 'one_cycle', upShare: 0.4, threePhase: true }, THREE_PHASES, { ...CONTEXT, totalSteps: 15 });
  });

  test('no schedule is left out', () => {
    const others = ['constant', 'reduce_on_plateau'];
    expect(new Set([...TORCH.map(([{ type }]) => type), ...others])).toEqual(new Set(Object.keys(SCHEDULES)));
  });
});

describe('a schedule', () => {
  test('that is constant gives the learning rate itself', () => {
    fc.assert(fc.property(fc.nat(100), (step) => rateAt({ type: 'constant' }, step, CONTEXT) === 0.1));
  });

  test('in epochs keeps its rate during an epoch, and counts them after the warm-up', () => {
    const context = { learningRate: 1, totalSteps: 20, stepsPerEpoch: 5 };
    const schedule: Schedule = { type: 'exponential', gamma: 0.5, warmup: { steps: 3, startFactor: 0 } };
    const rates = Array.from({ length: 14 }, (_, step) => rateAt(schedule, step, context));
    const expected = [0, 1 / 3, 2 / 3, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25];
    for (const [step, rate] of expected.entries()) expect(rates[step]).toBeCloseTo(rate, 14);
  });

  test('of steps can be told to count epochs, and the other way round', () => {
    const context = { learningRate: 1, totalSteps: 20, stepsPerEpoch: 5 };
    expect(rateAt({ type: 'linear', unit: 'epoch' }, 9, context)).toBe(0.75);
    expect(rateAt({ type: 'step', every: 2, unit: 'step' }, 5, context)).toBeCloseTo(0.01, 15);
  });

  test('without a length reaches its end with the training, after any warm-up', () => {
    const context = { learningRate: 1, totalSteps: 50, stepsPerEpoch: 5 };
    for (const type of ['cosine', 'linear', 'polynomial'] as const) {
      expect(rateAt({ type, warmup: { epochs: 2 } }, 10, context)).toBe(1);
      expect(rateAt({ type, warmup: { epochs: 2 } }, 30, context)).toBeCloseTo(0.5, 14);
      expect(rateAt({ type, warmup: { epochs: 2 } }, 50, context)).toBeCloseTo(0, 14);
    }
  });

  test('of one cycle stays at its last rate after the training', () => {
    expect(rateAt({ type: 'one_cycle' }, 40, CONTEXT)).toBeCloseTo(4e-7, 20);
  });

  test('of one cycle is a number however short the training', () => {
    for (const threePhase of [false, true])
      for (const totalSteps of [1, 2, 3, 10])
        for (const upShare of [0, 0.1, 0.5])
          for (let step = 0; step < totalSteps; step++)
            expect(
              rateAt({ type: 'one_cycle', threePhase, upShare }, step, { ...CONTEXT, totalSteps }),
            ).toBeGreaterThan(0);
  });

  test('on a plateau has the rate of its state, warm-up included', () => {
    const schedule: Schedule = { type: 'reduce_on_plateau', warmup: { steps: 2, startFactor: 0.5 } };
    const plateau = { ...startPlateau(0.1), learningRate: 0.02 };
    expect(rateAt(schedule, 5, CONTEXT)).toBe(0.1);
    expect(rateAt(schedule, 5, { ...CONTEXT, plateau })).toBe(0.02);
    expect(rateAt(schedule, 0, CONTEXT)).toBe(0.05);
  });

  test('never gives a negative or infinite rate', () => {
    const schedules = fc.constantFrom(...TORCH.map(([schedule]) => schedule));
    const shape = fc.record({
      learningRate: fc.double({ min: 1e-8, max: 10, noNaN: true }),
      totalSteps: fc.integer({ min: 1, max: 1000 }),
      stepsPerEpoch: fc.integer({ min: 1, max: 50 }),
    });
    fc.assert(
      fc.property(schedules, fc.nat(2000), shape, (schedule, step, context) => {
        const rate = rateAt(schedule, step, context);
        return Number.isFinite(rate) && rate >= 0;
      }),
    );
  });
});

describe('a schedule is refused', () => {
  test.each<[RegExp, Schedule]>([
    [/there is no schedule "sine": choose one of constant/, { type: 'sine' } as never],
    [/step: every is a whole number/, { type: 'step', every: 0 }],
    [/step: gamma/, { type: 'step', every: 1, gamma: 0 }],
    [/multi_step: milestones/, { type: 'multi_step', milestones: [1.5] }],
    [/multi_step: gamma/, { type: 'multi_step', milestones: [], gamma: Number.NaN }],
    [/exponential: gamma/, { type: 'exponential', gamma: -1 }],
    [/cosine: period/, { type: 'cosine', period: 0 }],
    [/cosine: minLearningRate/, { type: 'cosine', minLearningRate: -1 }],
    [/cosine_restarts: period/, { type: 'cosine_restarts', period: 2.5 }],
    [/cosine_restarts: growth/, { type: 'cosine_restarts', period: 2, growth: 0 }],
    [/cosine_restarts: minLearningRate/, { type: 'cosine_restarts', period: 2, minLearningRate: Number.NaN }],
    [/linear: startFactor/, { type: 'linear', startFactor: 0 }],
    [/linear: endFactor/, { type: 'linear', endFactor: 2 }],
    [/linear: length/, { type: 'linear', length: 0 }],
    [/polynomial: power/, { type: 'polynomial', power: 0 }],
    [/polynomial: length/, { type: 'polynomial', length: -3 }],
    [/one_cycle: maxLearningRate/, { type: 'one_cycle', maxLearningRate: 0 }],
    [/one_cycle: upShare/, { type: 'one_cycle', upShare: 1.1 }],
    [/one_cycle: with threePhase/, { type: 'one_cycle', upShare: 0.6, threePhase: true }],
    [/one_cycle: anneal/, { type: 'one_cycle', anneal: 'cos' as never }],
    [/one_cycle: divFactor/, { type: 'one_cycle', divFactor: 0 }],
    [/one_cycle: finalDivFactor/, { type: 'one_cycle', finalDivFactor: 0 }],
    [/reduce_on_plateau: mode/, { type: 'reduce_on_plateau', mode: 'least' as never }],
    [/reduce_on_plateau: factor/, { type: 'reduce_on_plateau', factor: 1 }],
    [/reduce_on_plateau: patience/, { type: 'reduce_on_plateau', patience: -1 }],
    [/reduce_on_plateau: threshold is/, { type: 'reduce_on_plateau', threshold: -1 }],
    [/reduce_on_plateau: thresholdMode/, { type: 'reduce_on_plateau', thresholdMode: 'rel' as never }],
    [/reduce_on_plateau: cooldown/, { type: 'reduce_on_plateau', cooldown: 0.5 }],
    [/reduce_on_plateau: minLearningRate/, { type: 'reduce_on_plateau', minLearningRate: -1 }],
    [/reduce_on_plateau: leastChange/, { type: 'reduce_on_plateau', leastChange: -1 }],
    [/constant: its unit/, { type: 'constant', unit: 'batch' as never }],
    [/warm-up takes/, { type: 'constant', warmup: { steps: 1.5 } }],
    [/warm-up takes/, { type: 'constant', warmup: { epochs: -1 } }],
    [/startFactor of the warm-up/, { type: 'constant', warmup: { steps: 5, startFactor: 2 } }],
  ])('%s', (message, schedule) => {
    expect(() => checkSchedule(schedule)).toThrow(message);
  });
});
