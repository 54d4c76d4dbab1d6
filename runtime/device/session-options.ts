/** What may be asked of a session, and how that is said to ONNX Runtime. */
import type { InferenceSession } from 'onnxruntime-node';

/** Where a graph runs: the names of ONNX Runtime's execution providers. */
export type Provider = 'cpu' | 'webgpu' | 'cuda';

export interface SessionOptions {
  /** Names of {@link GRAPH_OPTIMIZERS} that leave this graph alone. */
  readonly disabledOptimizers?: readonly string[];
  /** How far the graph is optimised; `all` when left out. */
  readonly optimizationLevel?: 'disabled' | 'basic' | 'extended' | 'layout' | 'all';
  /** Outputs that stay on the device. */
  readonly outputsOnDevice?: readonly string[];
  /** Names of nodes that WebGPU must leave to the CPU. */
  readonly nodesOnCpu?: readonly string[];
}

/** What the device decides by itself. */
export interface SessionSurroundings {
  readonly provider: Provider;
  readonly threads: number;
  /** Whether threads that wait may spin: one that does takes the core from the session beside it. */
  readonly spinning: boolean;
}

/** Graph optimisers of ONNX Runtime 1.30 that change float graphs. It ignores a name that it does not know, so we must not. */
export const GRAPH_OPTIMIZERS: readonly string[] = [
  'BiasDropoutFusion',
  'BiasGeluFusion',
  'BiasSoftmaxFusion',
  'CommonSubexpressionElimination',
  'ConstantFolding',
  'ConstantSharing',
  'ConvActivationFusion',
  'ConvAddActivationFusion',
  'ConvAddFusion',
  'ConvBNFusion',
  'ConvMulFusion',
  'DivMulFusion',
  'FastGeluFusion',
  'GatherSliceToSplitFusion',
  'GatherToSliceFusion',
  'GeluFusionL1',
  'GeluFusionL2',
  'GemmActivationFusion',
  'GemmSumFusion',
  'LayerNormFusionL1',
  'LayerNormFusionL2',
  'Level1_RuleBasedTransformer',
  'Level2_RuleBasedTransformer',
  'MatMulActivationFusion',
  'MatMulAddFusion',
  'MatMulScaleFusion',
  'MatMul_BatchNormalization_Fusion',
  'MatmulTransposeFusion',
  'NchwcTransformer',
  'NhwcTransformer',
  'QuickGeluFusion',
  'ReshapeFusion',
  'SimplifiedLayerNormFusion',
  'SkipLayerNormFusion',
  'SliceConcatToSpaceToDepthFusion',
  'TransposeOptimizer',
];

/** @throws RangeError for the name of an optimiser that ONNX Runtime does not have */
export function ortSessionOptions(
  { disabledOptimizers = [], optimizationLevel = 'all', outputsOnDevice = [], nodesOnCpu = [] }: SessionOptions,
  { provider, threads, spinning }: SessionSurroundings,
): InferenceSession.SessionOptions {
  const unknown = disabledOptimizers.find((name) => !GRAPH_OPTIMIZERS.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(
      `ONNX Runtime has no optimiser "${unknown}" to disable; those known are ${GRAPH_OPTIMIZERS.join(', ')}`,
    );
  }
  return {
    executionProviders: [
      provider === 'webgpu' && nodesOnCpu.length > 0
        ? ({ name: provider, forceCpuNodeNames: nodesOnCpu } as never)
        : provider,
    ],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: optimizationLevel,
    // The pattern planner nearly doubles the peak of a training graph and gains no time.
    enableMemPattern: false,
    logSeverityLevel: 3,
    ...(staysOnDevice(provider) &&
      outputsOnDevice.length > 0 && {
        preferredOutputLocation: Object.fromEntries(outputsOnDevice.map((name) => [name, 'gpu-buffer' as const])),
      }),
    extra: {
      session: { intra_op: { allow_spinning: spinning ? '1' : '0' } },
      ...(disabledOptimizers.length > 0 && {
        optimization: { disable_specified_optimizers: disabledOptimizers.join(';') },
      }),
    },
  };
}

/** Whether outputs can stay where they are computed. The binding has that for WebGPU alone: CUDA's come back every time. */
export function staysOnDevice(provider: Provider): boolean {
  return provider === 'webgpu';
}
