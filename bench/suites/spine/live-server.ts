/** What the live rows share: a server as users start it, and a client in a process of its own that measures it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientSettings } from '../../clients/index.js';
import type { MeasuringQuestions } from '../../clients/measuring-client.js';
import { type LineChild, startLineChild } from '../../harness/line-child.js';
import type { SuiteContext } from '../../harness/suite.js';
import { Api } from '../../server/api.js';
import { type GanglionServer, startServer } from '../../server/ganglion-server.js';
import { BUSY_JOB } from '../../server/job-requests.js';
import { untilTraining } from '../../server/until-training.js';

export interface LiveServer {
  readonly url: string;
  measure<Name extends keyof MeasuringQuestions>(
    name: Name,
    ask: MeasuringQuestions[Name]['ask'],
    signal: AbortSignal,
  ): Promise<MeasuringQuestions[Name]['answer']>;
  close(): Promise<void>;
}

export async function openLiveServer({ root, clock }: SuiteContext): Promise<LiveServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'ganglion-bench-'));
  let server: GanglionServer | undefined;
  let client: LineChild | undefined;
  const close = async (): Promise<void> => {
    await client?.stop();
    const exit = await server?.stop();
    await rm(dataDir, { recursive: true, force: true });
    if (exit && exit.code !== 0) throw new Error(`the server ended with ${exit.signal ?? exit.code}: ${exit.errors}`);
  };
  try {
    const nodes = [join(root, 'bench', 'suites', 'spine', 'stamped-events.mjs')];
    server = await startServer({ root, clock, dataDir, nodes });
    client = startLineChild(clientSettings('measuring-client', { root, clock }));
    await client.answer(AbortSignal.timeout(60_000));
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
  const measuring = client;
  return {
    url: server.url,
    measure: async (name, ask, signal) => (await measuring.request({ do: name, ...ask }, signal)) as never,
    close,
  };
}

/** Keeps a training job running on every core while `use` works. */
export async function whileTraining<Result>(
  { url }: LiveServer,
  signal: AbortSignal,
  use: (jobs: readonly string[]) => Promise<Result>,
): Promise<Result> {
  const api = new Api(url, signal);
  const jobs: string[] = [];
  try {
    for (let core = 0; core < availableParallelism(); core++) jobs.push(await api.startJob(BUSY_JOB));
    for (const job of jobs) await (await untilTraining(api, job, signal)).close();
    const result = await use(jobs);
    for (const job of jobs) {
      // A job that failed meanwhile loaded nothing.
      const { status, error } = await api.get(`/api/training/status/${job}`);
      if (status !== 'running') throw new Error(`${job} is ${status} at the end of the measurement: ${error}`);
    }
    return result;
  } finally {
    // Fresh jobs every round: the state of a job grows with its epochs, and with it what a status request carries.
    if (!signal.aborted) for (const job of jobs) await api.post(`/api/training/stop/${job}`);
  }
}
