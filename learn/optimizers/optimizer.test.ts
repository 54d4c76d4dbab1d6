import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../runtime/tensor.js';
import { reverseWalk } from '../autodiff/index.js';
import { float64, loadModel, numbers } from '../onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder } from '../onnx/index.js';
import { emitUpdates, type OptimizerSettings, type StateSlot } from './index.js';

interface Flat {
  readonly shape: number[];
  readonly data: number[];
}

interface Trace {
  readonly name: string;
  readonly hyper: Record<string, unknown>;
  readonly trace: readonly { readonly loss: number; readonly grad: number[]; readonly param: number[] }[];
}

interface Reference {
  readonly A: Flat;
  readonly b: Flat;
  readonly p0: Flat;
  readonly optimizers: readonly Trace[];
}

const path = new URL('../../../shared/data/gradients/optimizer_traces.json', import.meta.url);
const missing = !existsSync(path);
const reference: Reference | undefined = missing ? undefined : JSON.parse(readFileSync(path, 'utf8'));

type Hyper = Record<string, number> & { readonly betas: [number, number]; readonly centered: boolean };

/** What PyTorch's hyper-parameters are called here. */
const betas = ({ betas: [beta1, beta2], eps, weight_decay }: Hyper) => ({
  beta1,
  beta2,
  epsilon: eps!,
  weightDecay: weight_decay!,
});

/** The settings of each trace, by its name. */
const COVERED: Record<string, (hyper: Hyper) => OptimizerSettings> = {
  sgd: () => ({ type: 'sgd' }),
  sgd_momentum: ({ momentum }) => ({ type: 'sgd', momentum: momentum! }),
  sgd_nesterov: ({ momentum }) => ({ type: 'sgd', momentum: momentum!, nesterov: true }),
  adam: (hyper) => ({ type: 'adam', ...betas(hyper) }),
  adam_wd: (hyper) => ({ type: 'adam', ...betas(hyper) }),
  adamw: (hyper) => ({ type: 'adamw', ...betas(hyper) }),
  rmsprop: ({ alpha, eps }) => ({ type: 'rmsprop', alpha: alpha!, epsilon: eps! }),
  rmsprop_mom_centered: ({ alpha, eps, momentum, centered }) => ({
    type: 'rmsprop',
    alpha: alpha!,
    epsilon: eps!,
    momentum: momentum!,
    centered,
  }),
  adagrad: ({ lr_decay, initial_accumulator_value, eps }) => ({
    type: 'adagrad',
    learningRateDecay: lr_decay!,
    initialAccumulator: initial_accumulator_value!,
    epsilon: eps!,
  }),
  adamax: (hyper) => ({ type: 'adamax', ...betas(hyper) }),
  // The traces come from PyTorch 1.13, before the product of the momenta was mended. Today's is in the test of the rules.
  nadam: (hyper) => ({
    type: 'nadam',
    ...betas(hyper),
    momentumDecay: hyper['momentum_decay']!,
    asPyTorch1: true,
  }),
  radam: (hyper) => ({ type: 'radam', ...betas(hyper) }),
};

/** One step of minimising mean((A p - b)^2), in float64. */
function problem(settings: OptimizerSettings, { A, b, p0 }: Pick<Reference, 'A' | 'b' | 'p0'>) {
  const graph = new GraphBuilder('trace');
  const math = new Arithmetic(graph);
  const p = graph.input('p', 'float64', p0.shape);
  const product = math.matmul(graph.constant(float64(A.shape, A.data)), p);
  const error = math.sub(product, graph.constant(float64(b.shape, b.data)));
  const loss = math.div(math.sum(math.square(error)), b.data.length);
  const [gradient] = reverseWalk(graph, loss, math.onesLike(loss), [p]);
  const rate = graph.input('learning_rate', 'float64', []);
  const slots = emitUpdates(graph, settings, [{ name: 'p', parameter: p, gradient: gradient! }], rate);
  graph.output(loss, 'loss');
  for (const { output } of slots) graph.output(output);
  return { model: graph.toModel(), slots };
}

async function losses(settings: OptimizerSettings, data: Reference, rate: number, steps: number) {
  const { model, slots } = problem(settings, data);
  const loaded = await loadModel(model);
  const next = (slot: StateSlot, results: Record<string, Tensor>) => results[slot.output.name]!;
  let state = slots.map(({ initial }) => initial ?? float64(data.p0.shape, data.p0.data));
  const trace: { loss: number; param: number[] }[] = [];
  for (let step = 0; step < steps; step++) {
    const feeds = Object.fromEntries(slots.map(({ input }, index) => [input.name, state[index]!]));
    const results = await loaded.run({ ...feeds, learning_rate: float64([], [rate]) });
    state = slots.map((slot) => next(slot, results));
    trace.push({ loss: numbers(results['loss'])[0]!, param: numbers(results['p/next']) });
  }
  await loaded.release();
  return { trace, state, slots };
}

describe.skipIf(missing)(
  `PyTorch's traces${missing ? ' (skipped: the reference data beside the project is missing)' : ''}`,
  () => {
    test.each(Object.entries(COVERED))('%s takes the same ten steps', async (name, settingsOf) => {
      const { hyper, trace } = reference!.optimizers.find((entry) => entry.name === name)!;
      const settings = settingsOf(hyper as never);
      const ours = await losses(settings, reference!, Number(hyper['lr']), trace.length);
      for (const [index, expected] of trace.entries()) {
        const { loss, param } = ours.trace[index]!;
        expect(Math.abs(loss / expected.loss - 1)).toBeLessThan(1e-10);
        for (const [place, value] of expected.param.entries())
          expect(Math.abs(param[place]! / value - 1)).toBeLessThan(1e-10);
      }
    });

    test('every trace has its settings here', () => {
      expect(Object.keys(COVERED).sort()).toEqual(reference!.optimizers.map(({ name }) => name).sort());
    });
  },
);

const small = {
  A: { shape: [2, 2], data: [2, 0, 1, 1] },
  b: { shape: [2], data: [1, 3] },
  p0: { shape: [2], data: [0.5, -0.5] },
  optimizers: [],
};

describe('an optimiser', () => {
  test('counts its steps exactly', async () => {
    const { state, slots } = await losses({ type: 'adam' }, small, 0.01, 7);
    const step = slots.findIndex(({ role }) => role === 'step');
    expect(state[step]!.data).toEqual(BigInt64Array.of(7n));
  });

  test('moves by the learning rate in the first step of Adam, whatever the gradient', async () => {
    const { trace } = await losses({ type: 'adam', epsilon: 0 }, small, 0.01, 1);
    // Gradient A^T (A p - b) = (2 * 0 + 1 * -3, -3): both negative.
    expect(trace[0]!.param[0]).toBeCloseTo(0.51, 12);
    expect(trace[0]!.param[1]).toBeCloseTo(-0.49, 12);
  });

  test('of plain SGD keeps no state but the parameter', () => {
    expect(problem({ type: 'sgd' }, small).slots.map(({ role }) => role)).toEqual(['parameter']);
  });

  test.each([
    [{ type: 'sgd', momentum: 2 }, /momentum is from 0 to 1/],
    [{ type: 'sgd', nesterov: true }, /nesterov needs a momentum/],
    [{ type: 'sgd', weightDecay: Number.NaN }, /weightDecay/],
    [{ type: 'adam', beta2: 1 }, /beta2/],
    [{ type: 'adamw', epsilon: -1 }, /epsilon/],
    [{ type: 'sgd', momentum: 0.9, dampening: 1.5 }, /dampening is from 0 to 1/],
    [{ type: 'sgd', momentum: 0.9, dampening: 0.5, nesterov: true }, /nesterov needs a dampening of 0/],
    [{ type: 'nadam', momentumDecay: -1 }, /momentumDecay/],
    [{ type: 'radam', beta1: -0.1 }, /beta1/],
    [{ type: 'adamax', weightDecay: Number.POSITIVE_INFINITY }, /weightDecay/],
    [{ type: 'rmsprop', alpha: 1 }, /alpha/],
    [{ type: 'rmsprop', momentum: -0.5 }, /momentum/],
    [{ type: 'adagrad', initialAccumulator: -1 }, /initialAccumulator/],
    [{ type: 'adagrad', learningRateDecay: Number.NaN }, /learningRateDecay/],
    [{ type: 'adadelta', rho: 2 }, /rho/],
    [{ type: 'lion', beta2: 1 }, /beta2/],
    [{ type: 'lamb', epsilon: -1 }, /epsilon/],
    [{ type: 'lion', amsgrad: true } as never, /lion has no setting "amsgrad": it has beta1, beta2, weightDecay/],
    [{ type: 'constructor' } as never, /there is no optimiser "constructor": choose one of sgd, adam/],
  ] as const)('refuses %o', (settings, message) => {
    expect(() => problem(settings, small)).toThrow(message);
  });
});
