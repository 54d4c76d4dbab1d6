/** WebGPU: no Indices of MaxPool, no training mode of BatchNormalization, LogSoftmax on the CPU only. */
import type { Lowerings } from './lowerings.js';
import { PORTABLE } from './portable.js';

export const WEBGPU: Lowerings = PORTABLE;
