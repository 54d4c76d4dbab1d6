/** Training steps of eight networks against PyTorch's, at one and two threads, and on a GPU where there is one. */
import type { Suite, SuiteContext } from '../harness/suite.js';
import { type Facts, noFacts } from './training/facts.js';
import type { NetworkName } from './training/networks.js';
import { meanRows, outsideRow } from './training/summary.js';
import { rowName, type TrainingRow, trainingRow } from './training/training-row.js';

const COMPARED: readonly NetworkName[] = [
  'mlp',
  'cnn28',
  'cnn28_bn',
  'resnet18_28',
  'resnet18_64',
  'mobilenetv3_64',
  'attention',
  'fusion',
];
const THREADS = [1, 2] as const;
/** Those that are worth a GPU. */
const ON_GPU: readonly NetworkName[] = ['cnn28_bn', 'resnet18_28', 'resnet18_64', 'attention'];

export function training(context: SuiteContext): Suite {
  const onCpu = COMPARED.flatMap((network): TrainingRow[] => THREADS.map((threads) => ({ network, threads })));
  const onGpu = (['webgpu', 'cuda'] as const).flatMap((provider): TrainingRow[] =>
    ON_GPU.map((network) => ({ network, threads: 1, provider })),
  );
  const facts = new Map<string, Facts>();
  const plans = [...onCpu, ...onGpu].map((row) => {
    const own = noFacts();
    facts.set(rowName(row), own);
    return trainingRow(row, context, own);
  });
  const planned = Object.fromEntries(
    THREADS.map((threads) => [threads, onCpu.filter((row) => row.threads === threads).map(rowName)]),
  );
  return {
    name: 'training',
    rows: plans,
    summarise: (measured) => [...meanRows(planned, measured), ...outsideRow(facts, measured)],
  };
}
