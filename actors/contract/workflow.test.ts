import { describe, expect, it } from 'vitest';
import { parse } from './parse.js';
import { workflowBody, workflowGraph } from './workflow.js';

function faults(schema: typeof workflowGraph | typeof workflowBody, value: unknown): string[] {
  const parsed = parse<unknown>(schema, value, ['body']);
  return parsed.ok ? [] : parsed.issues.map((issue) => `${issue.loc.join('.')}: ${issue.msg}`);
}

const NODE = { id: 'a', type: 'dataset_loader', position: { x: 1, y: 2 }, data: { label: 'Data', config: {} } };

describe('a workflow from a client', () => {
  it('keeps what the canvas wrote beside nodes and edges', () => {
    const drawn = {
      nodes: [{ ...NODE, selected: true, measured: { width: 100, height: 40 }, zIndex: 3 }],
      edges: [
        {
          id: 'e',
          source: 'a',
          target: 'a',
          sourceHandle: null,
          targetHandle: null,
          animated: true,
          type: 'smoothstep',
        },
      ],
      viewport: { x: 0, y: 0, zoom: 1 },
    };
    expect(workflowGraph.parse(drawn)).toEqual(drawn);
  });

  it('may leave out edges, positions, data and the name of a graph', () => {
    expect(workflowGraph.parse({ nodes: [{ id: 'a', type: 't' }] })).toEqual({
      nodes: [{ id: 'a', type: 't' }],
      edges: [],
    });
    expect(faults(workflowGraph, { nodes: [] })).toEqual([]);
  });

  it.each([
    [workflowBody, { nodes: [], edges: [] }, 'body.name: is required: expected a text'],
    [workflowGraph, { edges: [] }, 'body.nodes: is required: expected a list'],
    [workflowGraph, { nodes: [{ type: 't' }] }, 'body.nodes.0.id: is required: expected a text'],
    [workflowGraph, { nodes: [{ id: '', type: 't' }] }, 'body.nodes.0.id: must not be empty'],
    [workflowGraph, { nodes: [{ ...NODE, data: [] }] }, 'body.nodes.0.data: expected an object, received []'],
    [workflowGraph, { nodes: [{ ...NODE, config: {} }] }, 'body.nodes.0.config: unknown key "config"'],
    [
      workflowGraph,
      { nodes: [NODE], edges: [{ source: 'a', target: 'b', source_handle: 'x' }] },
      'body.edges.0.source_handle: unknown key "source_handle". Did you mean "sourceHandle"?',
    ],
  ])('refuses a wrong shape (%#)', (schema, value, message) => {
    const found = faults(schema, value);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });
});
