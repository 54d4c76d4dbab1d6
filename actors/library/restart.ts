/** Runs that an earlier process left under way: they are told as what they are, and can be retried. */
import type { EventLog, Store } from '../../runtime/index.js';
import { historyOf } from '../run/history.js';
import type { RunResult } from '../workflow/index.js';

interface Surroundings {
  readonly log: EventLog;
  readonly store: Store;
  readonly now: () => number;
}

const ERROR = 'the process ended while this run was under way: retry the run, and what had completed is not run again';

/** Ends every unfinished run with an error that says how to go on. */
export async function endInterruptedRuns({ log, store, now }: Surroundings): Promise<void> {
  for (const row of await store.query('unfinished_runs')) {
    const runId = String(row['run_id']);
    const { nodes } = JSON.parse(String(row['graph'])) as { nodes: { id: string }[] };
    const history = await historyOf(log, runId);
    const completed = new Map([...history].filter(([, { status }]) => status === 'completed'));
    const executions = Object.fromEntries(
      nodes.map(({ id }) => {
        const known = completed.get(id);
        const status = known ? 'completed' : 'cancelled';
        return [
          id,
          {
            status,
            inputs: known?.inputs ?? {},
            outputs: known?.outputs ?? {},
            error: known ? null : 'the process ended',
            duration: known?.duration ?? 0,
          },
        ];
      }),
    ) as RunResult['executions'];
    const result: RunResult = {
      run_id: runId,
      status: 'error',
      error: ERROR,
      executions,
      outputs: Object.fromEntries(
        Object.entries(executions).flatMap(([id, { status, outputs }]) =>
          status === 'completed' ? [[id, outputs]] : [],
        ),
      ),
      statistics: {
        total_nodes: nodes.length,
        completed_nodes: completed.size,
        failed_nodes: 0,
        skipped_nodes: 0,
        cancelled_nodes: nodes.length - completed.size,
        total_duration: Object.values(executions).reduce((sum, { duration }) => sum + duration, 0),
        wall_duration: 0,
      },
    };
    await log.reopen(runId, 'run_id');
    await log.append(runId, 'workflow_completed', { result }, [
      { statement: 'end_run', parameters: ['error', JSON.stringify(result), new Date(now()).toISOString(), runId] },
    ]);
    log.close(runId);
  }
}
