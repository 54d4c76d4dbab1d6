import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InvalidWorkflow } from '../../../actors/runtime-types.js';
import type { Fault, RunResult } from '../../../actors/workflow/index.js';
import { EXIT } from '../exit-codes.js';
import type { Engine } from '../surroundings.js';
import { catalogueWith, surroundingsWith } from '../testing/doubles.js';
import { executionWith, fakeRuntime, resultWith, type Script } from '../testing/fake-runtime.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import type { WorkFlags } from '../work-session.js';
import { runWorkflow } from './run.js';

const WORKFLOW = { nodes: [{ id: 'load', type: 'dataset_loader' }], edges: [] };

function setUp(script: Script<RunResult>, engine: Partial<Engine> = {}, content: unknown = WORKFLOW) {
  const workingDirectory = temporaryFolder();
  writeFileSync(join(workingDirectory, 'w.json'), JSON.stringify(content));
  const calls: string[] = [];
  const surroundings = surroundingsWith(
    { createRuntime: async () => fakeRuntime({ run: script, onCall: (call) => void calls.push(call) }), ...engine },
    { workingDirectory },
  );
  const run = (flags: WorkFlags = {}): Promise<number> => runWorkflow('w.json', flags, surroundings);
  return { ...surroundings, calls, run };
}

const succeed: Script<RunResult> = (events) => {
  events.send('workflow_started', { total_nodes: 1 });
  events.send('node_progress', { node_id: 'load', status: 'running' });
  events.send('node_progress', { node_id: 'load', status: 'completed', execution: { duration: 0.5 } });
  return resultWith('success', { load: executionWith('completed') });
};

const FAULTS: readonly Fault[] = [
  { code: 'unknown_type', message: 'node "a": no node type is called "x"', node_id: 'a' },
  { code: 'missing_node', message: 'edge "e" ("a" -> "b"): there is no node "b"', edge_id: 'e' },
];

describe('ganglion run', () => {
  it('shows the run and its summary, and ends with 0', async () => {
    const { run, stdout, stderr, calls } = setUp(succeed);
    expect(await run()).toBe(EXIT.done);
    expect(stdout.text).toContain('load  running  dataset_loader\nload  completed  dataset_loader  0.50 s\n');
    expect(stdout.text).toContain('Run run_1 succeeded after 2.50 s (1 node: 1 completed)');
    expect(stderr.text).toBe('');
    expect(calls).toEqual(['start', 'close']);
  });

  it('puts the report of an evaluating node into the summary', async () => {
    const { run, stdout } = setUp((events) => {
      events.send('node_event', { node_id: 'load', event: 'report', num_samples: 42 });
      const metrics = { auc: { value: 0.9, low: 0.8, high: 1 } };
      return resultWith('success', { load: executionWith('completed', { outputs: { metrics } }) });
    });
    await run();
    expect(stdout.text).toContain('Test (load): 42 rows');
  });

  it('prints with --json exactly one document on standard output, and the rest on standard error', async () => {
    const { run, stdout, stderr } = setUp(succeed);
    expect(await run({ json: true })).toBe(EXIT.done);
    expect(JSON.parse(stdout.text)).toEqual(resultWith('success', { load: executionWith('completed') }));
    expect(stdout.text.trimEnd()).not.toContain('\n');
    expect(stderr.text).toContain('completed');
  });

  it('ends with 1 when a node failed', async () => {
    const { run } = setUp(() =>
      resultWith('error', { load: executionWith('failed') }, { error: 'node "load" failed: x' }),
    );
    expect(await run()).toBe(EXIT.failed);
  });

  it('cancels at Ctrl-C, shows what was done, and ends with 130', async () => {
    const { run, signals, stdout, calls } = setUp(async (_events, asked) => {
      await new Promise<void>((resolve) => asked.addEventListener('abort', () => resolve()));
      return resultWith('cancelled', { load: executionWith('cancelled') }, { error: 'the run was cancelled' });
    });
    const code = run();
    await expect.poll(() => calls).toContain('start');
    signals.send('SIGINT');
    expect(await code).toBe(130);
    expect(calls).toEqual(['start', 'cancel', 'close']);
    expect(stdout.text).toContain('stopping the run ...');
    expect(stdout.text).toContain('Run run_1 was cancelled');
    expect(stdout.text).toContain('/data/.ganglion');
  });

  it('tells every fault of an invalid workflow in a line, ends with 2, and starts nothing', async () => {
    const { run, stderr, stdout, calls } = setUp(succeed, { catalogue: async () => catalogueWith(FAULTS) });
    expect(await run()).toBe(EXIT.usage);
    expect(stderr.text.trimEnd().split('\n')).toEqual(FAULTS.map(({ message, code }) => `error: ${message} [${code}]`));
    expect(stdout.text).toBe('');
    expect(calls).toEqual([]);
  });

  it('answers with --json for an invalid workflow as the HTTP route does', async () => {
    const { run, stdout } = setUp(succeed, { catalogue: async () => catalogueWith(FAULTS) });
    expect(await run({ json: true })).toBe(EXIT.usage);
    expect(JSON.parse(stdout.text)).toMatchObject({ run_id: null, status: 'error', errors: FAULTS, executions: {} });
  });

  it('does the same for faults that only the runtime finds', async () => {
    const refusing = {
      ...fakeRuntime({}),
      start: async () => Promise.reject(new InvalidWorkflow(FAULTS, resultWith('error'))),
    };
    const { run, stdout, stderr } = setUp(succeed, { createRuntime: async () => refusing });
    expect(await run({ json: true })).toBe(EXIT.usage);
    expect(stderr.text.match(/^error: /gm)).toHaveLength(2);
    expect(JSON.parse(stdout.text)).toMatchObject({ status: 'error' });
  });

  it('sends the request of a job to the right command', async () => {
    await expect(setUp(succeed, {}, { training_config: {} }).run()).rejects.toThrow('ganglion train FILE');
  });
});
