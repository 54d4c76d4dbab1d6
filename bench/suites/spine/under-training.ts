/** What a client feels while a training job runs on every core: events, requests, and pausing. */
import { availableParallelism } from 'node:os';
import { random } from '../../../learn/random.js';
import { formatQuantity } from '../../harness/quantity.js';
import { median, quantile } from '../../harness/statistics.js';
import type { Experiment, RowDescription, SuiteContext } from '../../harness/suite.js';
import { eventRows, measureEvents } from './event-latency.js';
import { type LiveServer, openLiveServer, whileTraining } from './live-server.js';

const REQUESTS = 1000;
/** Requests under way at once in the rows that say `concurrent`. */
const CONCURRENCY = 8;
/** What the slowest hundredth of the answers may take, in seconds. */
const FLOOR = { value: 0.02 } as const;
const PAUSES = 30;
/** ms between a resume and the next pause: at least, and the width of the range above. */
const RUNS_FOR = { least: 20, range: 60 } as const;
/** `batch_progress` events for the duration of a step: one every 50 ms. */
const STEP_EVENTS = 20;
const SEED = 42;

type Route = 'health' | 'status';

const requestRows = (['health', 'status'] as const).flatMap((route): RowDescription[] => {
  const path = route === 'health' ? '/health' : '/api/training/status/{id}';
  return [1, CONCURRENCY].map((concurrency) => ({
    name: requestRow(route, concurrency),
    about: `p99 of ${REQUESTS} GET ${path} (${concurrency} at a time) while a training job runs on every core`,
    unit: 'seconds',
    better: 'lower',
    floor: FLOOR,
  }));
});

function requestRow(route: Route, concurrency: number): string {
  return `${route}_p99_training${concurrency === 1 ? '' : '_concurrent'}`;
}

const pauseRows: readonly RowDescription[] = [
  ...(['p50', 'p99'] as const).map((share) => ({
    name: `pause_latency_${share}`,
    about: `${share} of ${PAUSES} times from sending a pause to its answer, the checkpoint on the disk included`,
    unit: 'seconds',
    better: 'lower' as const,
  })),
  {
    name: 'training_step',
    about: 'mean duration of a step of the jobs that are paused, with its share of validation and checkpoints',
    unit: 'seconds',
    better: 'lower',
  },
];

export function underTraining(context: SuiteContext): Experiment {
  return {
    rows: [...eventRows('training', 'while a training job runs on every core'), ...requestRows, ...pauseRows],
    async open() {
      const server = await openLiveServer(context);
      const steps: number[] = [];
      const statusBytes: number[] = [];
      return {
        measure: ({ index, signal }) =>
          whileTraining(server, signal, async ([first]) => {
            const job = first!;
            const requests = await measureRequests(server, job, signal);
            if (index >= 0) statusBytes.push(requests.bytes);
            const events = await measureEvents(server, 'training', signal);
            const step = await server.measure('steps', { url: server.url, job, events: STEP_EVENTS }, signal);
            if (index >= 0) steps.push(step.seconds);
            const draws = random(SEED, 0, index + 1);
            const waits = Array.from({ length: PAUSES }, () => RUNS_FOR.least + RUNS_FOR.range * draws.uniform());
            const { seconds } = await server.measure('pauses', { url: server.url, job, waits }, signal);
            return {
              ...events,
              ...requests.figures,
              pause_latency_p50: quantile(seconds, 0.5),
              pause_latency_p99: quantile(seconds, 0.99),
              training_step: step.seconds,
            };
          }),
        close: server.close,
        note: (row) => {
          if (row.startsWith('pause_latency')) return `a step took ${formatQuantity(median(steps), 'seconds')}`;
          if (row.startsWith('status_')) return `an answer had ${formatQuantity(median(statusBytes), 'bytes')}`;
          if (row === 'training_step') return `${availableParallelism()} jobs of 30-512-512-2, batches of 32`;
          return undefined;
        },
      };
    },
  };
}

async function measureRequests(server: LiveServer, job: string, signal: AbortSignal) {
  const figures: Record<string, number> = {};
  let bytes = 0;
  for (const route of ['health', 'status'] as const) {
    const url = server.url + (route === 'health' ? '/health' : `/api/training/status/${job}`);
    for (const concurrency of [1, CONCURRENCY]) {
      const answer = await server.measure('requests', { url, count: REQUESTS, concurrency }, signal);
      figures[requestRow(route, concurrency)] = quantile(answer.seconds, 0.99);
      bytes = answer.bytes;
    }
  }
  return { figures, bytes };
}
