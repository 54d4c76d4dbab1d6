/** Layers: functions that put a part of a network into its graph, with PyTorch's names and first values. */
export * from './attention.js';
export * from './convolution.js';
export * from './dropout.js';
export * from './embedding.js';
export * from './inverted-residual.js';
export * from './linear.js';
export * from './normalization.js';
export * from './pooling.js';
export * from './residual.js';
export * from './squeeze-excitation.js';
export * from './transformer-block.js';
