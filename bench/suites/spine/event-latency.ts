/** From a node that emits on its thread to a client in another process that receives. */
import { quantile } from '../../harness/statistics.js';
import type { Experiment, Figures, RowDescription, SuiteContext } from '../../harness/suite.js';
import { type LiveServer, openLiveServer } from './live-server.js';

/** Events of the moment: a node may emit one every 50 ms, so several nodes take turns. */
const NODES = 10;
const EVENTS_A_NODE = 20;
const MOMENT_INTERVAL = 60;
/** Stored events: each is committed to the disk before it is sent. One node emits all of them. */
const STORED = 200;
const STORED_INTERVAL = 6;
/** ms before the first event: the run's own first events are on their way. */
const SETTLE = 100;

type Kind = 'moment' | 'state';

const PREFIX: Readonly<Record<Kind, string>> = { moment: 'event_latency', state: 'stored_event_latency' };

/** Rows for both kinds of events in one situation. */
export function eventRows(situation: string, inWords: string): RowDescription[] {
  const kinds = [
    ['moment', 'an event of the moment'],
    ['state', 'an event that is committed to the disk first'],
  ] as const;
  return kinds.flatMap(([kind, what]) =>
    (['p50', 'p99'] as const).map((share) => ({
      name: `${PREFIX[kind]}_${situation}_${share}`,
      about: `${share} of 200 times from a node's emit on its thread to the client's socket, ${what}, ${inWords}`,
      unit: 'seconds',
      better: 'lower' as const,
    })),
  );
}

/** One round of both kinds. @throws Error when a stored event did not arrive, or too few of the moment did */
export async function measureEvents(server: LiveServer, situation: string, signal: AbortSignal): Promise<Figures> {
  const figures: Record<string, number> = {};
  for (const kind of ['moment', 'state'] as const) {
    const url = `${server.url.replace(/^http/, 'ws')}/api/workflows/ws/execute`;
    const { seconds, emitted, merged } = await server.measure('runEvents', { url, workflow: workflowOf(kind) }, signal);
    const lost = emitted - seconds.length - merged;
    if (kind === 'state' ? lost !== 0 : seconds.length < 0.9 * emitted)
      throw new Error(`${seconds.length} of ${emitted} events (${kind}) arrived, ${merged} were merged into others`);
    figures[`${PREFIX[kind]}_${situation}_p50`] = quantile(seconds, 0.5);
    figures[`${PREFIX[kind]}_${situation}_p99`] = quantile(seconds, 0.99);
  }
  return figures;
}

export function workflowOf(kind: Kind): object {
  const config = (node: number) =>
    kind === 'state'
      ? { kind, count: STORED, interval: STORED_INTERVAL, delay: SETTLE }
      : { kind, count: EVENTS_A_NODE, interval: MOMENT_INTERVAL, delay: SETTLE + (node * MOMENT_INTERVAL) / NODES };
  const nodes = Array.from({ length: kind === 'state' ? 1 : NODES }, (_, node) => ({
    id: `emitter${node}`,
    type: 'bench_stamped_events',
    data: { config: config(node) },
  }));
  return { nodes, edges: [] };
}

export function eventLatencyIdle(context: SuiteContext): Experiment {
  return {
    rows: eventRows('idle', 'while nothing else runs'),
    async open() {
      const server = await openLiveServer(context);
      return { measure: ({ signal }) => measureEvents(server, 'idle', signal), close: server.close };
    },
  };
}
