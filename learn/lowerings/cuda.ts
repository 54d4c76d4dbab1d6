/** CUDA. */
import type { Lowerings } from './lowerings.js';
import { PORTABLE } from './portable.js';

export const CUDA: Lowerings = PORTABLE;
