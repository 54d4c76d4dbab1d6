/** The table of lowerings: a row for each provider. */
import type { Provider } from '../device.js';
import { CPU } from './cpu.js';
import { CUDA } from './cuda.js';
import type { Lowerings } from './lowerings.js';
import { WEBGPU } from './webgpu.js';

export type { ConvolutionWindow, Lowerings, NormalizedBatch, OperatorLowering, SlidingWindow } from './lowerings.js';
export { PORTABLE } from './portable.js';

export const LOWERINGS: Readonly<Record<Provider, Lowerings>> = { cpu: CPU, webgpu: WEBGPU, cuda: CUDA };
