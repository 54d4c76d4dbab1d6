/** What a server is busy with when its end comes: two jobs, and a run of the example workflow. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Api } from '../../server/api.js';
import { BUSY_JOB, SMALL_JOB } from '../../server/job-requests.js';

export interface Work {
  readonly jobs: readonly string[];
  readonly run: string;
}

/** @param first the request of the first job, if it is not a new one */
export async function startWork(api: Api, root: string, first: object = BUSY_JOB): Promise<Work> {
  const workflow = JSON.parse(await readFile(join(root, 'examples', 'wdbc.json'), 'utf8')) as object;
  const jobs = [await api.startJob(first), await api.startJob(SMALL_JOB)];
  return { jobs, run: await api.startRun(workflow) };
}

/** Statuses by id, as the server tells them. */
export async function statusesOf(api: Api, { jobs, run }: Work): Promise<Record<string, string>> {
  const statuses: Record<string, string> = {};
  for (const job of jobs) statuses[job] = String((await api.get(`/api/training/status/${job}`))['status']);
  statuses[run] = String((await api.get(`/api/workflows/runs/${run}`))['status']);
  return statuses;
}
