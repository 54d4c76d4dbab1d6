import { expect, it } from 'vitest';
import { call, start } from './testing/start.js';

it('refuses a graph above the limit on every way in, with its size and the way out', async () => {
  const { url } = await start({ limits: { graphNodes: 2 } });
  const nodes = ['a', 'b', 'c'].map((id) => ({ id, type: 'mlp', data: {} }));
  const graph = { nodes, edges: [] };
  for (const [path, body] of [
    ['/api/workflows/validate', graph],
    ['/api/workflows', { name: 'large', ...graph }],
    ['/api/workflows/execute', { workflow: graph }],
    ['/api/v1/workflows/execute', graph],
  ] as const) {
    const { status, issues } = await call(url + path, 'POST', body);
    expect(status).toBe(422);
    expect(issues[0]).toMatchObject({ loc: ['body', 'nodes'], msg: expect.stringMatching(/3 nodes.*at most 2/) });
  }
  expect((await call(`${url}/api/workflows/validate`, 'POST', { nodes: nodes.slice(1), edges: [] })).status).toBe(200);
});
