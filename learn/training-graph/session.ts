/** How ONNX Runtime must load a training graph. */
import type { SessionOptions } from '../device.js';
import type { TrainingGraphOptions } from './options.js';

/**
 * It puts convolutions into a blocked layout one by one, for inference: in a training step their results are copied back for the backward
 * pass, which takes a fifth of the time of three convolutions on 28 x 28.
 */
const UNFIT_FOR_TRAINING = ['NchwcTransformer'];

/**
 * They write several nodes as one that rounds otherwise (x * (1 / y) as x / y), where nobody else reads what lies between. Who reads it
 * differs between a graph that keeps an activation and one that computes it again: without them both round alike. Activations that
 * ONNX Runtime takes into the product before them are not among them: those keep every bit.
 */
const ROUNDING_OTHERWISE = [
  'BiasGeluFusion',
  'BiasSoftmaxFusion',
  'ConvAddFusion',
  'ConvBNFusion',
  'ConvMulFusion',
  'DivMulFusion',
  'FastGeluFusion',
  'GeluFusionL1',
  'GeluFusionL2',
  'GemmSumFusion',
  'LayerNormFusionL1',
  'LayerNormFusionL2',
  'MatMulAddFusion',
  'MatMulScaleFusion',
  'MatMul_BatchNormalization_Fusion',
  'QuickGeluFusion',
  'SimplifiedLayerNormFusion',
  'SkipLayerNormFusion',
];

/**
 * Where all extents are known ONNX Runtime (1.30) takes Reshapes that follow one another for one, and with them the ones that let what is
 * recomputed or restored wait for its turn; or it fails to load the graph.
 */
export function sessionOf({ batch, checkpointing, precision }: TrainingGraphOptions): SessionOptions {
  const waits = checkpointing !== undefined || precision === 'mixed';
  const reshapes = batch !== undefined && waits ? ['ReshapeFusion'] : [];
  return { disabledOptimizers: [...UNFIT_FOR_TRAINING, ...ROUNDING_OTHERWISE, ...reshapes] };
}
