/** Finds out how many channels the machine at hand takes together. */
import { Arithmetic, GraphBuilder, type ModelProto } from '../../onnx/index.js';
import { Nchwc } from './nchwc.js';

/** The input and the output of the {@link blockSizeProbe}. */
export const PROBE_INPUT = 'x';
export const PROBE_OUTPUT = 'blocks';

/**
 * A model of one node: run with any float32 `x` [1, 4, 1, 1], it gives `blocks` [1, B, 1, 1], of which B is the machine's block size. Where
 * ONNX Runtime refuses the model, or B is below 8, the machine has no such kernels, and a graph must be written without `cpuLayout`.
 */
export function blockSizeProbe(): ModelProto {
  const graph = new GraphBuilder('block_size');
  const nchwc = new Nchwc(new Arithmetic(graph), 4);
  const blocks = nchwc.toBlocks(graph.input(PROBE_INPUT, 'float32', [1, 4, 1, 1]));
  graph.output(blocks, PROBE_OUTPUT);
  const model = graph.toModel();
  // Its true extent is what is asked.
  const [output] = model.graph!.output;
  const type = output!.type!.tensorType!;
  const dim = ['one', 'block', 'height', 'width'].map((dimParam) => ({ dimParam }));
  const open = { ...output!, type: { tensorType: { ...type, shape: { dim } } } };
  return { ...model, graph: { ...model.graph!, output: [open] } };
}
