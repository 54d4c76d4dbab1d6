/**
 * Dynamic scaling of the loss in mixed precision (Micikevicius et al., "Mixed precision training", ICLR 2018, section 3.2), with the numbers
 * of PyTorch's `GradScaler`: small gradients would vanish in float16, so the loss is multiplied, and the gradients divided, by a
 * power of two that halves after an overflow and doubles after many steps without one.
 */
import { tensor } from '../../runtime/tensor.js';
import type { Arithmetic, Value } from '../onnx/index.js';
import type { Slot } from './slot.js';

const INITIAL_SCALE = 2 ** 16;
/** Steps without an overflow after which the scale doubles. */
const GROWTH_INTERVAL = 2000;
/** The scale stays where it is exact in float32, and never vanishes. */
const LARGEST_SCALE = 2 ** 24;
const SMALLEST_SCALE = 2 ** -14;

/** The scale as the last step left it, and the steps since it changed. */
export interface LossScale {
  /** float32 scalar */
  readonly scale: Value;
  readonly goodSteps: Value;
  readonly skipped: Value;
}

/** Adds the inputs of the state. */
export function lossScaleInputs({ graph }: Arithmetic): LossScale {
  const scalar = (name: string, dtype: 'float32' | 'int64') => graph.input(graph.names.unused(name), dtype, []);
  return {
    scale: scalar('loss_scale', 'float32'),
    goodSteps: scalar('good_steps', 'int64'),
    skipped: scalar('skipped_steps', 'int64'),
  };
}

/**
 * The state of the next step.
 * @param finite bool scalar: whether no gradient of this step overflowed
 * @param counts bool scalar: whether this step was to change the weights; one that only adds gradients up changes nothing here
 */
export function nextLossScale(math: Arithmetic, state: LossScale, finite: Value, counts: Value | undefined): Slot[] {
  const { scale, goodSteps, skipped } = state;
  const counted = math.add(goodSteps, 1);
  // At least, because a count taken over from elsewhere may be beyond.
  const grows = math.greater(counted, GROWTH_INTERVAL - 1);
  const larger = math.min(math.mul(scale, 2), LARGEST_SCALE);
  const smaller = math.max(math.mul(scale, 0.5), SMALLEST_SCALE);
  const next = {
    scale: math.where(finite, math.where(grows, larger, scale), smaller),
    goodSteps: math.where(math.and(finite, math.not(grows)), counted, 0),
    skipped: math.where(finite, skipped, math.add(skipped, 1)),
  };
  const slot = (role: Slot['role'], input: Value, value: Value, initial: Slot['initial']): Slot => ({
    name: input.name,
    role,
    input,
    output: counts ? math.where(counts, value, input) : value,
    ...(initial && { initial }),
  });
  const zero = () => tensor('int64', [], new BigInt64Array(1));
  return [
    slot('loss_scale', scale, next.scale, tensor('float32', [], Float32Array.of(INITIAL_SCALE))),
    slot('loss_scale', goodSteps, next.goodSteps, zero()),
    slot('skipped', skipped, next.skipped, zero()),
  ];
}
