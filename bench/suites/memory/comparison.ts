/** One training twice, plainly and with something that saves memory: what it saves, and what it costs. */
import { formatQuantity } from '../../harness/quantity.js';
import { median } from '../../harness/statistics.js';
import type { Experiment, RowDescription, SuiteContext } from '../../harness/suite.js';
import type { NetworkName } from '../training/networks.js';
import { OurSide, type StartProcess, stepsOfARound, type TrainingProcess } from '../training/our-side.js';
import type { TrainingQuestions } from '../training/program.js';

export interface MemoryComparison {
  /** Beginning of the rows' names. */
  readonly name: string;
  readonly network: NetworkName;
  /** In words. */
  readonly means: string;
  /** What is asked for beyond the plain training. */
  readonly saving: Pick<TrainingQuestions['open']['ask'], 'checkpointing' | 'precision'>;
  /** The largest share of the peak that may be left, and the longest time, both relative to the plain training. */
  readonly floors: { readonly memory: number; readonly time: number };
  /** Whether the gradients must keep every bit. */
  readonly exact: boolean;
}

/** One side of the comparison, ready. */
interface Side {
  readonly process: TrainingProcess;
  readonly idle: number;
  readonly gradients: string | undefined;
  readonly steps: number;
}

const THREADS = 1;

function rowsOf({ name, means, floors, exact }: MemoryComparison): RowDescription[] {
  const common = { better: 'lower', threads: THREADS } as const;
  return [
    {
      ...common,
      name: `${name}_memory`,
      about: `peak of resident memory above the idle process with ${means}, each training in a process of its own, relative to the one without`,
      unit: 'times',
      floor: { value: floors.memory },
    },
    {
      ...common,
      name: `${name}_time`,
      about: `time of a step with ${means}, relative to one without`,
      unit: 'times',
      floor: { value: floors.time },
    },
    ...(exact
      ? [
          {
            ...common,
            name: `${name}_differences`,
            about: `whether a gradient of the first two steps has another bit with ${means}: 0 or 1`,
            unit: 'differences',
            floor: { value: 0 },
          },
        ]
      : []),
  ];
}

export function memoryComparison(
  comparison: MemoryComparison,
  context: SuiteContext,
  start: StartProcess = OurSide.start,
): Experiment {
  const { name, network, saving, exact } = comparison;
  return {
    rows: rowsOf(comparison),
    async open() {
      const processes: TrainingProcess[] = [];
      const openSide = async (name: NetworkName, what: MemoryComparison['saving']): Promise<Side> => {
        // Collections at known moments: otherwise the peak would hold what the collector had not come to.
        const process = await start(context, ['--expose-gc']);
        processes.push(process);
        const settings = { network: name, threads: THREADS, batches: 1, endless: true, ...what };
        const { idle, peakRestarted } = await process.ask('open', settings);
        if (!peakRestarted)
          throw new Error(
            'this system cannot forget the peak that building the graph made (Linux can, by /proc/self/clear_refs)',
          );
        // First of all: from the beginning.
        const gradients = exact ? (await process.ask('gradients', {})).hash : undefined;
        return { process, idle, gradients, steps: await stepsOfARound(process, context) };
      };
      const close = async (): Promise<void> => {
        for (const process of processes) await process.close();
      };
      const peaks = { plain: 0, saving: 0 };
      const seconds: { plain: number[]; saving: number[] } = { plain: [], saving: [] };
      try {
        const plain = await openSide(network, {});
        const sparing = await openSide(network, saving);
        const differs = plain.gradients !== sparing.gradients;
        return {
          async measure({ index, signal }) {
            const order = [plain, sparing];
            if (index % 2 !== 0) order.reverse();
            for (const side of order) {
              const which = side === plain ? 'plain' : 'saving';
              const { peak, seconds: taken, steps } = await side.process.ask('round', { steps: side.steps }, signal);
              peaks[which] = peak - side.idle;
              seconds[which].push(taken / steps);
            }
            return {
              [`${name}_memory`]: peaks.saving / peaks.plain,
              [`${name}_time`]: seconds.saving.at(-1)! / seconds.plain.at(-1)!,
              ...(exact && { [`${name}_differences`]: differs ? 1 : 0 }),
            };
          },
          close,
          note(row) {
            if (row.endsWith('_memory'))
              return `${formatQuantity(peaks.plain, 'bytes')} without, ${formatQuantity(peaks.saving, 'bytes')} with; idle ${formatQuantity(plain.idle, 'bytes')}`;
            if (row.endsWith('_time'))
              return `${formatQuantity(median(seconds.plain), 'seconds')} without, ${formatQuantity(median(seconds.saving), 'seconds')} with`;
            return undefined;
          },
        };
      } catch (error) {
        await close();
        throw error;
      }
    },
  };
}
