/** `<network>_<threads>`, or `<network>_<provider>`: training steps a second of one network, ours and PyTorch's. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Provider } from '../../../learn/device.js';
import { probeProvider } from '../../../runtime/index.js';
import type { Absent, Contestant, RowPlan, SuiteContext } from '../../harness/suite.js';
import { CHECKED_STEPS, ROW_FLOOR } from './defaults.js';
import { type Facts, noteOf } from './facts.js';
import { NETWORKS, type NetworkName } from './networks.js';
import { OurSide, type StartProcess, stepsOfARound, type TrainingProcess } from './our-side.js';
import { openTorch } from './torch-side.js';

export interface TrainingRow {
  readonly network: NetworkName;
  readonly threads: number;
  /** Default `cpu`. */
  readonly provider?: Provider;
}

export function rowName({ network, threads, provider = 'cpu' }: TrainingRow): string {
  return provider === 'cpu' ? `${network}_${threads}` : `${network}_${provider}`;
}

/** What tests replace. */
export interface RowSurroundings {
  readonly start?: StartProcess;
  readonly probe?: typeof probeProvider;
}

/** @param facts filled while the row is measured */
export function trainingRow(
  row: TrainingRow,
  context: SuiteContext,
  facts: Facts,
  { start = OurSide.start, probe = probeProvider }: RowSurroundings = {},
): RowPlan {
  const { network, threads, provider = 'cpu' } = row;
  let folder = '';
  return {
    name: rowName(row),
    about: `training steps a second on ${provider}: ${NETWORKS[network].about}`,
    unit: 'steps/s',
    better: 'higher',
    floor: { ratio: ROW_FLOOR },
    ...(provider === 'cpu' ? { threads } : { lacking: () => lackingGpu(provider, probe) }),
    async open() {
      folder = await mkdtemp(join(tmpdir(), 'ganglion-bench-'));
      try {
        return await openOurs(row, await start(context), { context, folder, facts });
      } catch (error) {
        await rm(folder, { recursive: true, force: true });
        throw error;
      }
    },
    peer: { name: 'torch', open: () => openTorch(row, context, folder, facts) },
  };
}

async function openOurs(
  { network, threads, provider = 'cpu' }: TrainingRow,
  side: TrainingProcess,
  { context, folder, facts }: { readonly context: SuiteContext; readonly folder: string; readonly facts: Facts },
): Promise<Contestant> {
  try {
    await side.ask('open', { network, threads, provider, folder });
    facts.losses = (await side.ask('losses', { steps: CHECKED_STEPS })).losses;
    const steps = await stepsOfARound(side, context);
    return {
      async measure({ index, signal }) {
        const { steps: made, seconds, outside, peak } = await side.ask('round', { steps }, signal);
        if (index >= 0) {
          facts.rates.push(made / seconds);
          facts.outside.push(outside);
          facts.peak = peak;
        }
        return made / seconds;
      },
      note: () => noteOf(facts),
      async close() {
        await side.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await side.close();
    throw error;
  }
}

/** A GPU that is not there takes no training, and neither does a CPU that plays one. */
async function lackingGpu(provider: Provider, probe: typeof probeProvider): Promise<Absent | undefined> {
  const { state, detail, software } = await probe(provider);
  if (state !== 'runs') return { absent: `${provider} does not run here: ${detail}` };
  return software ? { absent: `there is no GPU: ${detail}` } : undefined;
}
