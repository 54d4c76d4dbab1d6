import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ActorContext } from '../../../runtime/index.js';
import { defineNode, type NodeContext } from '../../node-type.js';
import { NodeRegistry } from '../../registry.js';
import { ArtefactStore } from '../../values/artefact-store.js';
import type { AgentMessage, Batch, Report, RunMessage } from '../messages.js';
import { Agent } from './agent.js';
import { Words } from './words.js';

const any = { type: 'any', optional: true } as const;

const node = (type: string, run: (inputs: Record<string, unknown>, context: NodeContext) => unknown) =>
  defineNode({
    type,
    name: type,
    category: 'test',
    description: 'For tests.',
    inputs: { value: any },
    outputs: { value: any },
    config: z.object({}).loose(),
    run: run as never,
  });

/** An agent, and what it tells. */
function agentOf(...types: ReturnType<typeof node>[]) {
  const told: RunMessage[] = [];
  const stopping = new AbortController();
  let flushed = 0;
  const context = {
    stopping: stopping.signal,
    stopRequested: () => stopping.signal.aborted,
    ref: () => ({ tell: (message: RunMessage) => told.push(message) }),
    flush: () => {
      flushed += 1;
    },
    end: () => undefined,
  } as unknown as ActorContext<AgentMessage>;
  const memory = Words.memory();
  const agent = new Agent(
    {
      runId: 'run_1',
      lane: 7,
      modules: [],
      provider: 'cpu',
      run: { host: 0, actor: 1 },
      outputRoot: '/nowhere',
      artefactDir: undefined,
      dataRoots: [],
      words: memory,
      once: false,
    },
    context,
    { registry: new NodeRegistry(types), artefacts: new ArtefactStore(undefined) },
  );
  const reports = () => told.filter((message): message is Report => message.type === 'report');
  const column = <Name extends 'ended' | 'started' | 'outputs' | 'failures'>(name: Name) =>
    reports().flatMap((report) => report[name] as Report[Name][number][]);
  return { agent, told, reports, column, stopping, words: new Words(memory), flushes: () => flushed };
}

/** Nodes of one type, by their numbers; `follows`: all but the first follow the one before. */
const batchOf = (type: string, count: number, { follows = false } = {}): Batch => {
  const nodes = Array.from({ length: count }, (_, index) => index);
  return {
    type: 'batch',
    nodes,
    ids: nodes.map((index) => `n${index}`),
    types: nodes.map(() => type),
    inputs: nodes.map(() => ({ own: 1 })),
    follows: nodes.map((index) => (follows && index > 0 ? ['value', 'value'] : null)),
  };
};

const turns = async (count = 5) => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe('an agent', () => {
  it('runs a chain to its end, the outputs of each going into the next', async () => {
    const count = node('count', ({ value, own }) => ({ value: Number(value ?? 0) + Number(own) }));
    const { agent, column, reports } = agentOf(count);
    agent.take(batchOf('count', 5, { follows: true }));
    await turns();
    expect(column('ended')).toEqual([0, 1, 2, 3, 4]);
    expect(column('outputs')).toEqual([1, 2, 3, 4, 5].map((value) => ({ value })));
    expect(reports().every(({ lane }) => lane === 7)).toBe(true);
  });

  it('does the same with nodes that answer later', async () => {
    const count = node('count', async ({ value }) => ({ value: Number(value ?? 0) + 1 }));
    const { agent, column } = agentOf(count);
    agent.take(batchOf('count', 5, { follows: true }));
    await turns(20);
    expect(column('ended')).toEqual([0, 1, 2, 3, 4]);
    expect(column('outputs').at(-1)).toEqual({ value: 5 });
  });

  it('runs nothing behind a node that failed, and goes on with the other chains', async () => {
    const run: string[] = [];
    const fails = node('fails', (_, { nodeId }) => {
      run.push(nodeId);
      if (nodeId === 'n1') throw new Error('the film is missing');
      return { value: 1 };
    });
    const { agent, column } = agentOf(fails);
    const chain = batchOf('fails', 4, { follows: true });
    agent.take({ ...chain, follows: [null, ['value', 'value'], ['value', 'value'], null] });
    await turns();
    expect(run).toEqual(['n0', 'n1', 'n3']);
    expect(column('failures')).toMatchObject([
      { node: 1, stopped: false, failure: { message: 'the film is missing' } },
    ]);
    expect(column('outputs')).toEqual([{ value: 1 }, null, { value: 1 }]);
  });

  it('tells of a node before it begins when its type is new to the thread, and sends that at once', () => {
    const seen: unknown[] = [];
    const looks = node('looks', () => {
      seen.push([reports().map(({ started }) => started), flushes()]);
      return { value: 1 };
    });
    const { agent, reports, flushes } = agentOf(looks);
    agent.take(batchOf('looks', 1));
    expect(seen).toEqual([[[[0]], 1]]);
  });

  it('lets 64 nodes wait side by side, and no more', async () => {
    const ends: (() => void)[] = [];
    const waits = node('waits', () => new Promise((resolve) => ends.push(() => resolve({ value: 1 }))));
    const { agent, column } = agentOf(waits);
    agent.take(batchOf('waits', 100));
    await turns();
    expect(ends).toHaveLength(64);
    expect(column('started')).toHaveLength(64);
    for (const end of ends.slice(0, 10)) end();
    await turns();
    expect(ends).toHaveLength(74);
    for (let round = 0; round < 3; round++) {
      for (const end of ends) end();
      await turns();
    }
    expect(column('ended').toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });

  it('stops one node that waits and leaves the others alone', async () => {
    const waits = node(
      'waits',
      (_, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')))),
    );
    const { agent, column } = agentOf(waits);
    agent.take(batchOf('waits', 3));
    await turns();
    agent.take({ type: 'stop_node', node: 1 });
    await turns();
    expect(column('ended')).toEqual([1]);
    expect(column('failures')).toMatchObject([{ node: 1, stopped: true }]);
  });

  it('says in shared memory whose code is on the stack, and hears there who is to stop', async () => {
    const currents: unknown[] = [];
    const looks = node('looks', (_, { throwIfStopped }) => {
      currents.push(words.current);
      if (words.current === 1) words.askToStop(1);
      throwIfStopped();
      return { value: 1 };
    });
    const { agent, column, words } = agentOf(looks);
    agent.take(batchOf('looks', 3));
    await turns();
    expect([currents, words.current]).toEqual([[0, 1, 2], undefined]);
    expect(column('failures')).toMatchObject([{ node: 1, stopped: true }]);
  });

  it('ends when all that waits has come back, and begins nothing more', async () => {
    let begun = 0;
    const waits = node('waits', (_, { signal }) => {
      begun += 1;
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
    });
    const { agent, column, stopping } = agentOf(waits);
    agent.take(batchOf('waits', 100));
    await turns();
    stopping.abort();
    await agent.stop();
    expect(begun).toBe(64);
    expect(column('failures')).toHaveLength(64);
    expect(column('failures').every(({ stopped }) => stopped)).toBe(true);
  });
});
