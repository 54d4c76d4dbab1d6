/** Convolutional networks on the CPU in the layout of its vector registers. */
export { type BlockedLayout, type LaidOut, layOut } from './lay-out.js';
export { blockSizeProbe, PROBE_INPUT, PROBE_OUTPUT } from './probe.js';
