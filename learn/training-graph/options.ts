/** What a training graph is made from, and what it is. */
import type { DType, Tensor } from '../../runtime/tensor.js';
import type { Provider, SessionOptions } from '../device.js';
import type { LossSettings } from '../losses/index.js';
import type { BlockedLayout } from '../lowerings/blocked/index.js';
import type { RandomInput } from '../models/index.js';
import type { ModelProto } from '../onnx/index.js';
import type { OptimizerSettings, ParameterGroup } from '../optimizers/index.js';
import type { Checkpointing } from './checkpointing.js';

/**
 * - `float32`: everything in float32.
 * - `mixed`: float32 weights, and float16 where it pays: on a GPU the products and what flows between them, on the CPU only
 *   what the backward pass keeps of the forward pass (the CPU provider computes in float32 either way). The loss is scaled
 *   (Micikevicius et al., "Mixed precision training", ICLR 2018), and steps whose gradients overflow are skipped and counted.
 */
export type Precision = 'float32' | 'mixed';

/** What a training graph is made from. */
export interface TrainingGraphOptions {
  /** The network: its first input is the batch, its first output what the loss judges. */
  readonly model: ModelProto;
  readonly loss: LossSettings;
  readonly optimizer: OptimizerSettings;
  /**
   * Names of the stored tensors to train. `all` (the default): every floating-point one, scalars apart, that the loss depends on. A file does
   * not tell a weight from a constant of the mathematics: where it stores positional encodings, anchors, or the mean and deviation that images are
   * normalised with, `all` trains them too. Name the weights then; `state` of the graph lists what is trained.
   */
  readonly trainable?: readonly string[] | 'all';
  /** What becomes of a tensor in `trainable` that the loss does not depend on. Default: `refuse` one that is named, `freeze` others. */
  readonly idle?: 'refuse' | 'freeze';
  /** Sets of parameters with settings of their own: a learning rate that is scaled, another weight decay. */
  readonly groups?: readonly ParameterGroup[];
  /** Largest norm of all gradients together. */
  readonly clipNorm?: number;
  /** Largest absolute value of an element of a gradient; comes before the norm. */
  readonly clipValue?: number;
  /** Gives the graph an input of weights for the rows of a batch. A padding row has the weight 0. */
  readonly sampleWeights?: boolean;
  /**
   * Adds up the gradients of several batches until a step is fed `apply` as true: so a batch that memory does not hold is made of
   * several. Each counts by what its mean loss divides by: its rows, or the weights of rows, classes and elements that count. Losses that
   * compare rows with one another (Dice with `batch`, Cox, ranking) and batch normalisation see each batch alone.
   */
  readonly accumulate?: boolean;
  /** Keeps an exponential moving average of the weights with this decay, 0 to below 1. */
  readonly averageDecay?: number;
  /** Whether the average counts the start less: its decay in update t is at most (1 + t) / (10 + t). Default false. */
  readonly averageWarmUp?: boolean;
  /** Who will run the graph: it decides how things are written, never what they mean. Default `cpu`. */
  readonly provider?: Provider;
  readonly precision?: Precision;
  /** Rows of every batch, where they are known: the graph then takes no other number, and may be faster for it. Default: any. */
  readonly batch?: number;
  /**
   * Computes convolutions on the CPU in blocks of channels, as its vector registers take them. It counts where `batch` is a multiple of the
   * block size, and heights and widths are known. The block size is that of ONNX Runtime's kernels on the machine that will run the
   * graph, as `cpuLayoutOf` measures it: with another one the graph fails, or computes wrong numbers.
   */
  readonly cpuLayout?: BlockedLayout;
  /**
   * Computes parts of the forward pass again in the backward pass instead of keeping them. Gradients keep every bit, where sessions are
   * made with {@link TrainingGraph.session}.
   */
  readonly checkpointing?: Checkpointing;
  /**
   * Batch normalisation by the statistics of the batch, with running statistics as state. `trained` (the default): in layers whose
   * scale or bias is trained; frozen ones stay as they are. `none`: nowhere. A channel needs two values or more in a batch: with one the layer
   * gives its bias, whatever it is fed. Where `batch` and the shapes tell so, it is refused; else keep rows that are left alone out.
   */
  readonly batchStatistics?: 'trained' | 'none';
}

/** What a tensor that is kept from step to step is. */
export type StateRole =
  | 'parameter'
  | 'moment'
  | 'step'
  /** Running mean or variance of a batch normalisation: belongs to the model like a parameter, and is not trained. */
  | 'statistic'
  /** Moving average of a parameter. */
  | 'average'
  /** Gradients added up so far. */
  | 'accumulator'
  /** The factor that the loss is multiplied with in mixed precision, and the steps since it changed. */
  | 'loss_scale'
  /** Number of steps that were left out because gradients overflowed. int64 scalar. */
  | 'skipped';

/** A tensor that goes in and comes out changed: the next step is fed as `input` what this one gave as `output`. */
export interface StateTensor {
  readonly name: string;
  readonly input: string;
  readonly output: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly initial: Tensor;
  readonly role: StateRole;
}

/** One training step as an ONNX model, with the names of what goes in and what comes out. */
export interface TrainingGraph {
  readonly bytes: Uint8Array;
  readonly model: ModelProto;
  /** SHA-256 of the bytes, hexadecimal. State belongs to the graph with the same hash. */
  readonly hash: string;
  readonly provider: Provider;
  /** What is computed and kept in which precision, in words. */
  readonly precision: string;
  readonly inputs: {
    /**
     * The batch: the network's first input. It has a row at least. Of none the mean loss is NaN and the gradients are 0, so that moments and
     * weight decay alone move the weights; batch normalisation fails, or its running statistics become NaN.
     */
    readonly x: string;
    /** All inputs of the network. */
    readonly network: readonly string[];
    /** What the loss compares with, for instance int64 [N]. */
    readonly labels: string;
    /** Scalar: float64 where the parameters are, else float32. */
    readonly learningRate: string;
    /** [N]; only where they were asked for. */
    readonly sampleWeights?: string;
    /** bool scalar: whether this step changes the weights; only where gradients are added up. */
    readonly apply?: string;
  };
  readonly outputs: {
    /** Scalar: the mean loss of the batch, before the update. */
    readonly loss: string;
    /** The network's first output, before the update. */
    readonly logits: string;
    /** Scalar: norm of all gradients together, before any clipping; only where `clipNorm` or mixed precision asks for it. */
    readonly gradientNorm?: string;
  };
  readonly state: readonly StateTensor[];
  /** Inputs to fill with random numbers in every step. */
  readonly random: readonly RandomInput[];
  /** Present: inputs but for the state, and outputs but for the state, have an axis of steps in front. See {@link inLoop}. */
  readonly steps?: 'many';
  /** What the session that runs the graph must be made with. */
  readonly session: SessionOptions;
}
