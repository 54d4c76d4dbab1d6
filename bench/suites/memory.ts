/** What saves memory, how much of it, and at what price in time: gradient checkpointing, and activations stored as float16. */
import type { Suite, SuiteContext } from '../harness/suite.js';
import { type MemoryComparison, memoryComparison } from './memory/comparison.js';

const CHECKPOINTING = {
  means: 'gradient checkpointing',
  saving: { checkpointing: 'square_root_of_depth' },
  exact: true,
} as const;

const HALF = {
  means: 'activations stored as float16',
  saving: { precision: 'mixed' },
  floors: { memory: 0.75, time: 1.05 },
  exact: false,
} as const;

const COMPARISONS: readonly MemoryComparison[] = [
  { ...CHECKPOINTING, name: 'checkpointing_mlp64', network: 'mlp64', floors: { memory: 0.5, time: 1.33 } },
  { ...CHECKPOINTING, name: 'checkpointing_resnet18', network: 'resnet18_28', floors: { memory: 0.6, time: 1.4 } },
  { ...HALF, name: 'half_activations_mlp64', network: 'mlp64' },
  { ...HALF, name: 'half_activations_resnet18', network: 'resnet18_28' },
];

export function memory(context: SuiteContext): Suite {
  return { name: 'memory', rows: COMPARISONS.map((comparison) => memoryComparison(comparison, context)) };
}
