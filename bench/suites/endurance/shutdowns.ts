/** Servers that are told to end at a random moment of their work: by SIGTERM as from a supervisor, by SIGINT as from Ctrl-C. */
import { setTimeout as wait } from 'node:timers/promises';
import { random } from '../../../learn/random.js';
import { quantile } from '../../harness/statistics.js';
import type { Experiment, RowDescription, SuiteContext } from '../../harness/suite.js';
import { withTemporaryFolder } from '../../harness/temporary-folder.js';
import { Api } from '../../server/api.js';
import { type GanglionServer, startServer } from '../../server/ganglion-server.js';
import { describeExit, isCrash } from './end-of-process.js';
import { gapsOf, readEvents } from './event-store.js';
import { Findings } from './findings.js';
import { startWork, statusesOf, type Work } from './work.js';

const SHUTDOWNS = 50;
const QUICK_SHUTDOWNS = 8;
const DEADLINE = 15 * 60_000;
const SEED = 42;
/** Up to so many ms after the work began the signal is sent: from before the first session to the middle of training. */
const MOMENTS = 2000;

const ROWS = {
  shutdown_bad_exits: 'those that ended otherwise than with code 0',
  shutdown_aborts: 'those that a crash in native code ended',
  shutdown_orphans: 'those that left a process behind',
  shutdown_untold: 'jobs and runs that the next server on the same data does not call stopped, cancelled or completed',
  shutdown_log_gaps: 'places where the stored numbers of a stream do not go 1, 2, 3, ...',
} as const;

const ENDED: ReadonlySet<string> = new Set(['stopped', 'completed', 'cancelled', 'success']);

export function shutdowns({ root, clock, quick }: SuiteContext): Experiment {
  const count = quick ? QUICK_SHUTDOWNS : SHUTDOWNS;
  const rows: RowDescription[] = Object.entries(ROWS).map(([name, about]) => ({
    name,
    about: `of ${count} servers told to end at random moments while two jobs and a run are under way: ${about}`,
    unit: 'failures',
    better: 'lower',
    floor: { value: 0 },
  }));
  const times = (['p50', 'max'] as const).map(
    (share): RowDescription => ({
      name: `shutdown_time_${share}`,
      about: `${share} of the times from the signal to the end of the process`,
      unit: 'seconds',
      better: 'lower',
    }),
  );
  return {
    rows: [...rows, ...times],
    exact: true,
    deadline: DEADLINE,
    open() {
      const findings = new Findings(Object.keys(ROWS) as (keyof typeof ROWS)[]);
      let server: GanglionServer | undefined;
      const draws = random(SEED, 0);
      const shutdown = async (dataDir: string, number: number, before: Work | undefined, signal: AbortSignal) => {
        server = await startServer({ root, clock, dataDir });
        const api = new Api(server.url, signal);
        if (before) await lookAtWork(api, before, findings, number - 1);
        const work = await startWork(api, root);
        const moment = MOMENTS * draws.uniform();
        await wait(moment, undefined, { signal });
        const name = number % 2 === 0 ? 'SIGTERM' : 'SIGINT';
        const from = clock.now();
        server.kill(name);
        const exit = await server.exited;
        const seconds = (clock.now() - from) / 1000;
        const place = `${name} ${Math.round(moment)} ms after the start of the work, server ${number}`;
        if (exit.code !== 0) findings.add('shutdown_bad_exits', `${place}: ${describeExit(exit)}`);
        if (isCrash(exit)) findings.add('shutdown_aborts', place);
        if (server.leftProcesses()) findings.add('shutdown_orphans', place);
        return { work, seconds };
      };
      return {
        measure: ({ signal }) =>
          withTemporaryFolder(async (dataDir) => {
            const seconds: number[] = [];
            let work: Work | undefined;
            for (let number = 0; number < count; number++) {
              const ended = await shutdown(dataDir, number, work, signal);
              work = ended.work;
              seconds.push(ended.seconds);
            }
            server = await startServer({ root, clock, dataDir });
            await lookAtWork(new Api(server.url, signal), work!, findings, count - 1);
            await server.stop();
            for (const gap of gapsOf(readEvents(dataDir))) findings.add('shutdown_log_gaps', gap);
            return {
              ...findings.counts(),
              shutdown_time_p50: quantile(seconds, 0.5),
              shutdown_time_max: quantile(seconds, 1),
            };
          }),
        close: async () => void (await server?.stop()),
        note: (row) => (row in ROWS ? findings.note(row as keyof typeof ROWS) : undefined),
      };
    },
  };
}

/** What the next server says of the work that the one before left. */
async function lookAtWork(api: Api, work: Work, findings: Findings<keyof typeof ROWS>, number: number): Promise<void> {
  for (const [id, status] of Object.entries(await statusesOf(api, work)))
    if (!ENDED.has(status)) findings.add('shutdown_untold', `${id} of server ${number} is ${status}`);
}
