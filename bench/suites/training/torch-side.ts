/** The peer of a row: the same network in PyTorch, begun with our weights. */
import { scriptPeer } from '../../harness/script-peer.js';
import type { Absent, Contestant, SuiteContext } from '../../harness/suite.js';
import {
  CHECKED_STEPS,
  LEAST_ROUND_STEPS,
  OPEN_DEADLINE,
  QUICK_LEAST_ROUND_STEPS,
  QUICK_ROUND_SECONDS,
  ROUND_SECONDS,
} from './defaults.js';
import type { Facts } from './facts.js';
import { agreement } from './losses.js';
import { NETWORKS } from './networks.js';
import type { TrainingRow } from './training-row.js';

/**
 * @param folder what our side left there
 * @throws Error when the two sides find different losses
 */
export async function openTorch(
  { network, threads, provider = 'cpu' }: TrainingRow,
  context: SuiteContext,
  folder: string,
  facts: Facts,
): Promise<Contestant | Absent> {
  const { optimizer, learningRate } = NETWORKS[network];
  const settings = {
    folder,
    threads,
    // PyTorch has no WebGPU: on such a machine it takes what it has.
    device: provider === 'cpu' ? 'cpu' : 'cuda',
    optimizer,
    learningRate,
    checkLosses: CHECKED_STEPS,
    roundSeconds: context.quick ? QUICK_ROUND_SECONDS : ROUND_SECONDS,
    leastSteps: context.quick ? QUICK_LEAST_ROUND_STEPS : LEAST_ROUND_STEPS,
  };
  const peer = scriptPeer(
    {
      name: 'torch',
      script: 'torch_training.py',
      args: [JSON.stringify(settings)],
      // Read before a library could ask for the number of cores.
      env: { OMP_NUM_THREADS: String(threads), MKL_NUM_THREADS: String(threads) },
      field: 'rate',
      startDeadline: OPEN_DEADLINE,
      told(line) {
        if (line['ready'] === true) facts.agreement = agreement(facts.losses, line['losses']);
        if (typeof line['memory'] === 'number') facts.peerPeak = line['memory'];
      },
    },
    context,
  );
  const opened = await peer.open();
  if ('absent' in opened) return opened;
  return {
    ...opened,
    async measure(round) {
      const rate = await opened.measure(round);
      if (round.index >= 0) facts.peerRates.push(rate);
      return rate;
    },
  };
}
