/** Servers that are killed outright, as by the kernel when memory runs out, and started again on the same data. */
import { setTimeout as wait } from 'node:timers/promises';
import { random } from '../../../learn/random.js';
import type { Experiment, RowDescription, SuiteContext } from '../../harness/suite.js';
import { withTemporaryFolder } from '../../harness/temporary-folder.js';
import { Api } from '../../server/api.js';
import { type EventFeed, openFeed, type WireMessage } from '../../server/event-feed.js';
import { type GanglionServer, startServer } from '../../server/ganglion-server.js';
import { BUSY_JOB } from '../../server/job-requests.js';
import { untilTraining } from '../../server/until-training.js';
import { gapsOf, readEvents, type StoredEvent } from './event-store.js';
import { Findings } from './findings.js';
import { startWork, type Work } from './work.js';

const KILLS = 20;
const QUICK_KILLS = 5;
const DEADLINE = 10 * 60_000;
const SEED = 43;
const MOMENTS = 3000;

const ROWS = {
  kill_restart_failures: 'those whose data the next server did not start on',
  kill_untold:
    'jobs that the next server does not tell as interrupted, with how to go on, and runs that it does not go on with',
  kill_resume_failures: 'jobs with a checkpoint that did not go on from it',
  kill_events_lost: 'events that a client had got and the log does not have, word for word',
  kill_log_gaps: 'places where the stored numbers of a stream do not go 1, 2, 3, ...',
} as const;

type Row = keyof typeof ROWS;

export function kills({ root, clock, quick }: SuiteContext): Experiment {
  const count = quick ? QUICK_KILLS : KILLS;
  const rows: RowDescription[] = Object.entries(ROWS).map(([name, about]) => ({
    name,
    about: `of ${count} servers killed with SIGKILL at random moments while two jobs and a run are under way: ${about}`,
    unit: 'failures',
    better: 'lower',
    floor: { value: 0 },
  }));
  return {
    rows,
    exact: true,
    deadline: DEADLINE,
    open() {
      const findings = new Findings(Object.keys(ROWS) as Row[]);
      let server: GanglionServer | undefined;
      let resumed = 0;
      const start = async (dataDir: string): Promise<GanglionServer> => {
        server = await startServer({ root, clock, dataDir });
        return server;
      };
      return {
        measure: ({ signal }) =>
          withTemporaryFolder(async (dataDir) => {
            const draws = random(SEED, 0);
            let running = await start(dataDir);
            let first: object = BUSY_JOB;
            for (let number = 0; number < count; number++) {
              const api = new Api(running.url, signal);
              const jobs = await openFeed(api.socket('/api/training/ws/all'), signal);
              const work = await startWork(api, root, first);
              const run = await openFeed(api.socket(`/api/workflows/ws/runs/${work.run}?after=0`), signal);
              if (first !== BUSY_JOB) {
                resumed += 1;
                await lookAtResumed(api, work.jobs[0]!, number, findings, signal);
              }
              await wait(MOMENTS * draws.uniform(), undefined, { signal });
              running.kill('SIGKILL');
              await running.exited;
              await Promise.all([jobs.closed, run.closed]);
              const stored = readEvents(dataDir);
              for (const lost of lostEvents([jobs, run], stored)) findings.add('kill_events_lost', lost);
              for (const gap of gapsOf(stored)) findings.add('kill_log_gaps', `after kill ${number}: ${gap}`);
              try {
                running = await start(dataDir);
              } catch (error) {
                if (signal.aborted) throw error;
                findings.add('kill_restart_failures', `kill ${number}: ${(error as Error).message}`);
                return findings.counts();
              }
              first = await lookAtWork(new Api(running.url, signal), work, number, findings);
            }
            await running.stop();
            for (const gap of gapsOf(readEvents(dataDir))) findings.add('kill_log_gaps', `at the end: ${gap}`);
            return findings.counts();
          }),
        close: async () => {
          server?.kill('SIGKILL');
          await server?.exited;
        },
        note: (row) => findings.note(row as Row) ?? (row === 'kill_resume_failures' ? `${resumed} resumed` : undefined),
      };
    },
  };
}

/** Checks how the work of a killed server is told, and gives the request of the next first job: on from a checkpoint, where there is one. */
async function lookAtWork(api: Api, { jobs, run }: Work, number: number, findings: Findings<Row>): Promise<object> {
  let next: object = BUSY_JOB;
  for (const job of jobs) {
    const { status, error, checkpoint } = await api.get(`/api/training/status/${job}`);
    if (status !== 'failed' || !String(error).includes('the server ended while this job was'))
      findings.add('kill_untold', `kill ${number}: ${job} is ${status}: ${error}`);
    if (checkpoint !== null && job === jobs[0]) next = { resume_from: job };
  }
  const { status, error } = await api.get(`/api/workflows/runs/${run}`);
  // It goes on, or had come to its end before the kill.
  if (status !== 'success' && status !== 'running')
    findings.add('kill_untold', `kill ${number}: ${run} is ${status}: ${error}`);
  return next;
}

async function lookAtResumed(
  api: Api,
  job: string,
  number: number,
  findings: Findings<Row>,
  signal: AbortSignal,
): Promise<void> {
  try {
    await (await untilTraining(api, job, signal)).close();
  } catch (error) {
    if (signal.aborted) throw error;
    findings.add('kill_resume_failures', `after kill ${number - 1}: ${(error as Error).message}`);
  }
}

/** Numbered events that a client has and the log has not, or not in the same words. */
export function lostEvents(feeds: readonly Pick<EventFeed, 'messages'>[], stored: readonly StoredEvent[]): string[] {
  const log = new Map(stored.map(({ stream, seq, json }) => [`${stream} ${seq}`, json]));
  return feeds.flatMap(({ messages }) =>
    messages.flatMap((message) => {
      const { seq, job_id: job, run_id: run } = message;
      if (typeof seq !== 'number') return [];
      const key = `${job ?? run} ${seq}`;
      const json = log.get(key);
      if (json === undefined) return [`${key} (${message.type}) is not in the log`];
      return sameEvent(message, JSON.parse(json) as WireMessage)
        ? []
        : [`${key} (${message.type}) is another in the log`];
    }),
  );
}

/** On the stream of all jobs an event carries its `pos` as well. */
function sameEvent({ pos: _, ...received }: WireMessage, stored: WireMessage): boolean {
  return JSON.stringify(received) === JSON.stringify(stored);
}
