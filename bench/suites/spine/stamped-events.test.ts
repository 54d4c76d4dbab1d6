import { describe, expect, it } from 'vitest';
import { registryOf } from '../../../actors/node-modules.js';
import type { NodeType } from '../../../actors/node-type.js';
import { sharedNow } from '../../harness/shared-time.js';
import { eventRows, workflowOf } from './event-latency.js';

const MODULE = new URL('./stamped-events.mjs', import.meta.url).href;
const nodeType = async (): Promise<NodeType> => (await registryOf([MODULE])).find('bench_stamped_events')!;

describe('the node that stamps its events', () => {
  it('emits as many as it is told, each with its moment on the shared clock', async () => {
    const type = await nodeType();
    const events: { kind: string; type: string; at?: unknown }[] = [];
    const before = sharedNow();
    const config = { kind: 'state', count: 3, interval: 0, delay: 0 };
    const outputs = await type.run(config, { emit: (event: (typeof events)[number]) => events.push(event) } as never);
    expect(outputs).toEqual({ emitted: 3 });
    expect(events.map(({ kind, type }) => [kind, type])).toEqual(Array(3).fill(['state', 'stamped']));
    const moments = [before, ...events.map(({ at }) => Number(at)), sharedNow()];
    expect(moments).toEqual([...moments].sort((one, other) => one - other));
  });

  it.each(['moment', 'state'] as const)('takes the config of the workflow with events of the kind %s', async (kind) => {
    const type = await nodeType();
    const { nodes } = workflowOf(kind) as {
      nodes: { id: string; type: string; data: { config: { count: number } } }[];
    };
    expect(new Set(nodes.map(({ id }) => id)).size).toBe(nodes.length);
    for (const node of nodes) expect(type.config.safeParse(node.data.config).success).toBe(true);
    expect(nodes.reduce((sum, { data }) => sum + data.config.count, 0)).toBe(200);
  });
});

it('the rows of the two situations have names of their own', () => {
  const names = [...eventRows('idle', 'idle'), ...eventRows('training', 'training')].map(({ name }) => name);
  expect(new Set(names).size).toBe(8);
  expect(names).toContain('event_latency_training_p99');
});
