import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Database } from '../../runtime/store/database.js';
import { graph } from '../fixtures/graph.js';
import { eventsOf, TEST_NODES, temporaryFolder, temporaryRuntime } from '../fixtures/temporary-runtime.js';
import { STORE_SCHEMA } from '../store/schema.js';
import type { RunResult } from '../workflow/index.js';

/** Which nodes ran, in the order in which they did. */
const logged = (log: string) => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []);

const flaky = (log: string, unless: string) =>
  graph(
    ['a', 'say', { log, give: 7 }],
    ['big', 'numbers', { log, give: 1000 }],
    ['nan', 'not_a_number', { log }],
    ['bad', 'fail_unless', { log, unless }, 'a'],
    ['after', 'pass', { log }, 'bad', 'big'],
    ['side', 'pass', { log }, 'a', 'nan'],
    ['late', 'is_nan', { log }, 'nan', 'bad'],
  );

async function failedRun() {
  const started = await temporaryRuntime();
  const { folder, runtime, workflows } = started;
  const log = join(folder, 'log');
  const film = join(folder, 'film');
  const run = await runtime.start(flaky(log, film));
  const first = await run.result;
  expect(first).toMatchObject({ status: 'error', failed_node: 'bad' });
  rmSync(log);
  return { ...started, run, log, film, first, workflows };
}

describe('retrying a run', () => {
  it('runs what failed and what hangs on it, and nothing that completed', async () => {
    const { workflows, run, log, film, first } = await failedRun();
    writeFileSync(film, '');
    const answer = await workflows.retry(run.id);
    expect(new Set(answer['kept_nodes'] as string[])).toEqual(new Set(['a', 'big', 'nan', 'side']));
    const second = (await workflows.result(run.id)) as unknown as RunResult;
    expect(second).toMatchObject({ run_id: run.id, status: 'success', statistics: { completed_nodes: 7 } });
    expect(logged(log).sort()).toEqual(['after', 'bad', 'late']);
    expect(second.outputs['after']).toEqual({ value: { $file: expect.objectContaining({ name: 'value' }) } });
    expect(second.executions['side']).toEqual(first.executions['side']);
  });

  it('gives kept values to the nodes that run again as they were, not as JSON makes them', async () => {
    const { workflows, run, film } = await failedRun();
    writeFileSync(film, '');
    await workflows.retry(run.id);
    const { outputs } = (await workflows.result(run.id)) as unknown as RunResult;
    expect(outputs['late']).toEqual({ value: true });
  });

  it('goes on with the numbers of the events, without a gap', async () => {
    const { workflows, run, film } = await failedRun();
    writeFileSync(film, '');
    await workflows.retry(run.id);
    await workflows.result(run.id);
    const events = await eventsOf(run);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.filter(({ type }) => type === 'workflow_completed')).toHaveLength(2);
  });

  it('runs a completed node again whose output is damaged on the disk', async () => {
    const { workflows, run, log, film, first, folder } = await failedRun();
    writeFileSync(film, '');
    const { $file } = first.outputs['big']!['value'] as { $file: { sha256: string } };
    writeFileSync(join(folder, 'artefacts', $file.sha256.slice(0, 2), $file.sha256), 'something else');
    await workflows.retry(run.id);
    expect(await workflows.result(run.id)).toMatchObject({ status: 'success' });
    expect(logged(log).sort()).toEqual(['after', 'bad', 'big', 'late']);
  });

  it('never mixes outputs of one attempt with those of another', async () => {
    const { runtime, workflows, folder } = await temporaryRuntime();
    const [gate, film] = [join(folder, 'gate'), join(folder, 'film')];
    writeFileSync(gate, '');
    const run = await runtime.start(
      graph(
        ['source', 'numbers', { give: 1000 }],
        ['gate', 'fail_unless', { unless: gate }, 'source'],
        ['end', 'fail_unless', { unless: film }],
      ),
    );
    const first = await run.result;
    expect(first.executions).toMatchObject({
      source: { status: 'completed' },
      gate: { status: 'completed' },
      end: { status: 'failed' },
    });
    // The source has to run again, and what hung on its first output does not come to its end this time.
    const { $file } = first.outputs['source']!['value'] as { $file: { sha256: string } };
    writeFileSync(join(folder, 'artefacts', $file.sha256.slice(0, 2), $file.sha256), 'something else');
    rmSync(gate);
    await workflows.retry(run.id);
    expect(await workflows.result(run.id)).toMatchObject({
      executions: { source: { status: 'completed' }, gate: { status: 'failed' } },
    });
    // Nothing but the new source may be kept.
    expect(await workflows.retry(run.id)).toMatchObject({ kept_nodes: ['source'] });
    await workflows.result(run.id);
    expect(await workflows.run(run.id)).toMatchObject({ executions: { gate: { status: 'failed' } } });
  });

  it('fails again as often as the node does, and can be asked for again', async () => {
    const { workflows, run, log } = await failedRun();
    await workflows.retry(run.id);
    expect(await workflows.result(run.id)).toMatchObject({ status: 'error', failed_node: 'bad' });
    expect(logged(log)).toEqual(['bad']);
    expect(await workflows.retry(run.id)).toMatchObject({ status: 'running' });
    await workflows.result(run.id);
  });

  it('starts once when two clients ask at the same moment', async () => {
    const { workflows, run, film } = await failedRun();
    writeFileSync(film, '');
    const answers = await Promise.allSettled([workflows.retry(run.id), workflows.retry(run.id)]);
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(answers.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'conflict' } });
    expect(await workflows.result(run.id)).toMatchObject({ status: 'success' });
  });

  it('is refused for a run that succeeded, one that still runs, and one that never was', async () => {
    const { runtime, workflows } = await temporaryRuntime();
    const good = await runtime.start(graph(['a', 'say']));
    await good.result;
    await expect(workflows.retry(good.id)).rejects.toMatchObject({ code: 'conflict' });
    const busy = await runtime.start(graph(['w', 'wait']));
    await expect(workflows.retry(busy.id)).rejects.toMatchObject({ code: 'conflict' });
    await busy.cancel();
    await busy.result;
    await expect(workflows.retry('run_none')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('completes a cancelled run', async () => {
    const { runtime, workflows, folder } = await temporaryRuntime();
    const film = join(folder, 'film');
    const run = await runtime.start(graph(['a', 'say', { give: 1 }], ['w', 'wait', {}, 'a']));
    await run.cancel();
    expect(await run.result).toMatchObject({ status: 'cancelled' });
    writeFileSync(film, '');
    await workflows.retry(run.id);
    await workflows.cancel(run.id);
    expect(await workflows.result(run.id)).toMatchObject({
      status: 'cancelled',
      executions: { w: { status: 'cancelled' } },
    });
  });
});

describe('what is known of runs', () => {
  it('is the same after a restart', async () => {
    const dataDir = temporaryFolder();
    const before = await temporaryRuntime({ dataDir });
    const run = await before.runtime.start({
      name: 'first',
      ...graph(['a', 'say', { give: 1 }], ['b', 'break', { how: 'throw' }]),
    });
    const result = await run.result;
    const events = await eventsOf(run);
    const row = await before.workflows.run(run.id);
    await before.runtime.close();
    const after = await temporaryRuntime({ dataDir });
    expect(await after.workflows.result(run.id)).toEqual(JSON.parse(JSON.stringify(result)));
    expect(await after.workflows.run(run.id)).toEqual(JSON.parse(JSON.stringify(row)));
    expect(await after.workflows.runs({ skip: 0, limit: 10 })).toMatchObject({
      total: 1,
      runs: [{ run_id: run.id, name: 'first', status: 'error' }],
    });
    const { hub } = after;
    const stored = await hub.ask<{ json: string }[]>({ type: 'read', stream: run.id, after: 0, limit: 100 });
    expect(stored.map(({ json }) => JSON.parse(json) as unknown)).toEqual(
      events.filter(({ seq }) => seq !== undefined),
    );
  });

  it('tells the present state of a run under way', async () => {
    const { runtime, workflows } = await temporaryRuntime();
    const run = await runtime.start(graph(['w', 'wait']));
    expect(await workflows.run(run.id)).toMatchObject({ status: 'running', executions: { w: {} } });
    await run.cancel();
    await run.result;
    expect(await workflows.run(run.id)).toMatchObject({ status: 'cancelled', completed_at: expect.any(String) });
  });

  it('refuses a second process on the same data directory', async () => {
    const { folder } = await temporaryRuntime();
    await expect(temporaryRuntime({ dataDir: folder })).rejects.toMatchObject({ code: 'store_locked' });
  });
});

describe('stored workflows', () => {
  it('are created, changed, listed, run and removed', async () => {
    const { workflows } = await temporaryRuntime();
    const drawn = graph(['a', 'say', { give: 3 }]);
    const { id } = (await workflows.create({ name: 'one', ...drawn })) as { id: number };
    await expect(workflows.create({ name: 'one', ...drawn })).rejects.toMatchObject({ code: 'bad_request' });
    const second = (await workflows.create({ name: 'two', ...drawn })) as { id: number };
    await expect(workflows.update(second.id, { name: 'one' })).rejects.toMatchObject({ code: 'bad_request' });
    expect(await workflows.update(id, { description: 'changed' })).toMatchObject({
      name: 'one',
      description: 'changed',
    });
    const started = (await workflows.start({ workflow_id: id })) as { run_id: string };
    expect(await workflows.result(started.run_id)).toMatchObject({ outputs: { a: { value: 3 } } });
    expect(await workflows.get(id)).toMatchObject({ execution_count: 1, nodes: [{ id: 'a' }] });
    expect(await workflows.list({ skip: 0, limit: 1 })).toMatchObject({ total: 2, workflows: [{ name: 'two' }] });
    expect(await workflows.remove(id)).toEqual({ status: 'deleted', id });
    await expect(workflows.get(id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(workflows.start({ workflow_id: id })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('answers a graph that cannot be run with every fault, and leaves no run behind', async () => {
    const { workflows } = await temporaryRuntime();
    const drawn = graph(['a', 'nonsense'], ['b', 'say', { colour: 1 }]);
    const answer = (await workflows.start({ workflow: drawn })) as unknown as { invalid: RunResult };
    expect(answer.invalid.errors?.map(({ node_id }) => node_id)).toEqual(['a', 'b']);
    expect(await workflows.runs({ skip: 0, limit: 10 })).toMatchObject({ total: 0 });
  });
});

const INTERRUPTED = fileURLToPath(new URL('../fixtures/interrupted.mjs', import.meta.url));

describe('a run whose process was killed', () => {
  /** Starts the workflow in another process and kills it once the line comes. */
  async function killed(workflow: object): Promise<{ dataDir: string; runId: string }> {
    const dataDir = temporaryFolder();
    const child = spawn(process.execPath, [INTERRUPTED, dataDir, TEST_NODES, JSON.stringify({ workflow })], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    child.kill('SIGKILL');
    await once(child, 'exit');
    return { dataDir, runId: line.toString().trim() };
  }

  /** Starts on the data directory in another process, and kills it once the run is under way again. */
  async function killedAgain(dataDir: string, runId: string, events: number): Promise<void> {
    const wanted = JSON.stringify({ resumed: runId, events });
    const child = spawn(process.execPath, [INTERRUPTED, dataDir, TEST_NODES, wanted], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  it('goes on after the restart: what had completed is not run again, and the log has no gap', async () => {
    const log = join(temporaryFolder(), 'log');
    const { dataDir, runId } = await killed(graph(['a', 'say', { log, give: 4 }], ['b', 'hang', { log }, 'a']));
    const { workflows, hub } = await temporaryRuntime({ dataDir });
    expect(await workflows.run(runId)).toMatchObject({ status: 'running', executions: { a: { status: 'completed' } } });
    await expect(workflows.retry(runId)).rejects.toMatchObject({ code: 'conflict' });
    await workflows.cancel(runId);
    const result = (await workflows.result(runId)) as unknown as RunResult;
    expect(result.executions).toMatchObject({ a: { status: 'completed' }, b: { status: 'cancelled' } });
    expect(result.outputs).toEqual({ a: { value: 4 } });
    const stored = await hub.ask<{ seq: number; type: string }[]>({
      type: 'read',
      stream: runId,
      after: 0,
      limit: 100,
    });
    expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, index) => index + 1));
    expect(stored.filter(({ type }) => type === 'workflow_resumed')).toHaveLength(1);
    expect(stored.at(-1)?.type).toBe('workflow_completed');
    expect(await workflows.retry(runId)).toMatchObject({ kept_nodes: ['a'] });
    await workflows.cancel(runId);
    await workflows.result(runId);
    expect(logged(log).filter((id) => id === 'a')).toEqual(['a']);
  });

  it('ends with success when everything had completed but the end itself', async () => {
    const dataDir = temporaryFolder();
    const before = await temporaryRuntime({ dataDir });
    const run = await before.runtime.start(graph(['a', 'say', { give: 4 }], ['b', 'pass', {}, 'a']));
    await run.result;
    await before.runtime.close();
    const database = new Database(join(dataDir, 'ganglion.db'), STORE_SCHEMA);
    database.commit([{ statement: 'reopen_run', parameters: [run.id] }]);
    database.close();
    const { workflows } = await temporaryRuntime({ dataDir });
    expect(await workflows.result(run.id)).toMatchObject({ status: 'success', outputs: { b: { value: [4, null] } } });
  });

  it('gives a node up during which the process ended three times, and runs the others', async () => {
    const { dataDir, runId } = await killed(graph(['a', 'say', { give: 4 }], ['b', 'hang', {}, 'a'], ['c', 'say', {}]));
    for (const begun of [2, 3]) await killedAgain(dataDir, runId, begun);
    const { workflows } = await temporaryRuntime({ dataDir });
    const { executions, status } = (await workflows.result(runId)) as unknown as RunResult;
    expect(status).toBe('error');
    expect(executions['b']).toMatchObject({ status: 'failed', error: expect.stringContaining('ended 3 times') });
    expect(executions).toMatchObject({ a: { status: 'completed' }, c: { status: 'completed' } });
  });

  it('ends with an error where its node types are gone', async () => {
    const { dataDir, runId } = await killed(graph(['b', 'hang']));
    const { workflows } = await temporaryRuntime({ dataDir, nodes: [] });
    expect(await workflows.result(runId)).toMatchObject({
      status: 'error',
      error: expect.stringMatching(/cannot go on: .*"hang".*retry the run/),
    });
  });
});
