/** Jobs started and stopped again and again in one server: what does each leave behind? */
import { clientSettings } from '../../clients/index.js';
import type { ProcessSample } from '../../clients/process-sample.js';
import { type LineChild, startLineChild } from '../../harness/line-child.js';
import { formatQuantity } from '../../harness/quantity.js';
import { median } from '../../harness/statistics.js';
import type { Experiment, RowDescription, SuiteContext } from '../../harness/suite.js';
import { withTemporaryFolder } from '../../harness/temporary-folder.js';
import { Api } from '../../server/api.js';
import { SMALL_JOB } from '../../server/job-requests.js';
import { untilTraining } from '../../server/until-training.js';
import { Findings } from './findings.js';
import { growthCount, growthRatio } from './growth.js';

const CYCLES = 200;
const QUICK_CYCLES = 100;
/** A cycle takes about half a second; a machine under load may need ten times that. */
const DEADLINE = 15 * 60_000;

type Count = 'handles' | 'threads' | 'openFiles';
type Size = 'rss' | 'heapUsed' | 'external';

const SIZES: Readonly<Record<string, readonly [Size, string]>> = {
  cycle_rss_growth: ['rss', 'resident memory of the server'],
  cycle_heap_growth: ['heapUsed', "JavaScript heap of the server's main thread after a forced collection"],
  cycle_external_growth: ['external', 'memory outside the heap that its main thread holds, after a forced collection'],
};
const COUNTS: Readonly<Record<string, readonly [Count, string]>> = {
  cycle_handle_growth: ['handles', "open handles of the server's main thread"],
  cycle_thread_growth: ['threads', 'threads of the server'],
  cycle_file_growth: ['openFiles', 'open files of the server'],
};

function rowsOf(cycles: number): RowDescription[] {
  const flat = 'last third over second third';
  return [
    {
      name: 'cycle_failures',
      about: `of ${cycles} jobs started, watched, stopped and told of: those that went otherwise; a bad exit of the server counts too`,
      unit: 'failures',
      better: 'lower',
      floor: { value: 0 },
    },
    {
      name: 'cycle_time',
      about: 'median time of a cycle: start, first batch, stop with its checkpoint, last event',
      unit: 'seconds',
      better: 'lower',
    },
    ...Object.entries(SIZES).map(([name, [, what]]) => ({
      name,
      about: `${what}: ${flat} of ${cycles} cycles`,
      unit: 'times',
      better: 'lower' as const,
      floor: { value: 1.05 },
    })),
    ...Object.entries(COUNTS).map(([name, [count, what]]) => ({
      name,
      about: `${what}: how many more are left at the least in the last third than in the second of ${cycles} cycles`,
      unit: count === 'openFiles' ? 'files' : count,
      better: 'lower' as const,
      floor: { value: 0 },
    })),
  ];
}

export function cycles(context: SuiteContext): Experiment {
  const { root, clock, quick } = context;
  const count = quick ? QUICK_CYCLES : CYCLES;
  const rows = rowsOf(count);
  return {
    rows,
    exact: true,
    deadline: DEADLINE,
    open() {
      const findings = new Findings(['cycle_failures']);
      const samples: ProcessSample[] = [];
      let server: LineChild | undefined;
      return {
        measure: ({ signal }) =>
          withTemporaryFolder(async (dataDir) => {
            server = startLineChild(clientSettings('observed-server', { root, clock }, [dataDir], ['--expose-gc']));
            await server.answer(signal);
            const { url } = await server.request({ do: 'where' }, signal);
            const api = new Api(String(url), signal);
            const seconds: number[] = [];
            for (let cycle = 0; cycle < count; cycle++) {
              const from = clock.now();
              try {
                await startAndStop(api, signal);
              } catch (error) {
                if (signal.aborted) throw error;
                findings.add('cycle_failures', `cycle ${cycle}: ${(error as Error).message}`);
              }
              seconds.push((clock.now() - from) / 1000);
              samples.push((await server.request({ do: 'sample' }, signal)) as unknown as ProcessSample);
            }
            const { code, signal: killedBy } = await server.stop();
            if (code !== 0) findings.add('cycle_failures', `the server ended with ${killedBy ?? `code ${code}`}`);
            return { ...findings.counts(), cycle_time: median(seconds), ...growthOf(samples) };
          }),
        close: async () => void (await server?.stop()),
        note: (row) => (row === 'cycle_failures' ? findings.note(row) : courseOf(row, samples)),
      };
    },
  };
}

/** @throws Error when anything is not as it should be */
async function startAndStop(api: Api, signal: AbortSignal): Promise<void> {
  const job = await api.startJob(SMALL_JOB);
  const feed = await untilTraining(api, job, signal);
  try {
    const { status } = await api.post(`/api/training/stop/${job}`);
    if (status !== 'stopped') throw new Error(`the answer to stop was ${status}`);
    const last = await feed.first(({ type }) => type === 'training_completed' || type === 'training_failed');
    if (last['status'] !== 'stopped' || typeof last['checkpoint'] !== 'string')
      throw new Error(`the last event was ${JSON.stringify(last).slice(0, 200)}`);
  } finally {
    await feed.close();
  }
}

function growthOf(samples: readonly ProcessSample[]): Record<string, number> {
  return {
    ...Object.fromEntries(
      Object.entries(SIZES).map(([row, [size]]) => [row, growthRatio(samples.map((sample) => sample[size]))]),
    ),
    ...Object.fromEntries(
      // Where the system does not tell, there is nothing that could grow.
      Object.entries(COUNTS).map(([row, [count]]) => [row, growthCount(samples.map((sample) => sample[count] ?? 0))]),
    ),
  };
}

/** First, middle and last look. */
function courseOf(row: string, samples: readonly ProcessSample[]): string | undefined {
  const [what] = SIZES[row] ?? COUNTS[row] ?? [];
  if (what === undefined || samples.length === 0) return undefined;
  const told = [0, 1, 2, 3, 4].map((quarter) => samples[Math.round((quarter * (samples.length - 1)) / 4)]![what]);
  if (told.includes(null)) return 'not measured: this system does not tell';
  return told.map((value) => (what in BYTES ? formatQuantity(Number(value), 'bytes') : String(value))).join(' -> ');
}

const BYTES: Readonly<Partial<Record<keyof ProcessSample, true>>> = { rss: true, heapUsed: true, external: true };
