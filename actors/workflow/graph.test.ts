import { describe, expect, it } from 'vitest';
import { exampleRegistry } from './example-types.fixture.js';
import type { Fault } from './faults.js';
import { checkWorkflow } from './graph.js';
import type { Plan } from './plan.js';

const types = exampleRegistry();

const LOADER = { id: 'data', type: 'dataset_loader', data: { config: { dataset: 'wdbc' } } };
const MLP = { id: 'net', type: 'mlp' };
const TRAINER = { id: 'fit', type: 'trainer', data: { config: { epochs: 3 } } };

function faultsOf(graph: unknown): readonly Fault[] {
  const checked = checkWorkflow(graph, types);
  return checked.ok ? [] : checked.faults;
}

function planOf(graph: unknown): Plan {
  const checked = checkWorkflow(graph, types);
  if (!checked.ok) throw new Error(checked.faults.map((fault) => fault.message).join('; '));
  return checked.plan;
}

/** `count` notes, joined by the edges `[source, target]`. */
function notes(count: number, edges: readonly (readonly [number, number])[]) {
  return {
    nodes: Array.from({ length: count }, (_, index) => ({ id: `n${index}`, type: 'note' })),
    edges: edges.map(([source, target]) => ({ source: `n${source}`, target: `n${target}` })),
  };
}

describe('a graph without faults', () => {
  const graph = {
    name: 'train',
    nodes: [LOADER, MLP, TRAINER],
    edges: [
      { id: 'e1', source: 'data', target: 'fit', sourceHandle: null, targetHandle: '' },
      { id: 'e2', source: 'net', target: 'fit', sourceHandle: 'model', targetHandle: 'model' },
    ],
  };

  it('becomes a plan of plain data', () => {
    const plan = planOf(graph);
    expect(plan).toEqual({
      nodes: [
        {
          id: 'data',
          type: 'dataset_loader',
          config: { dataset: 'wdbc', limit: 10 },
          dependencies: [],
          dependents: [2],
          inDegree: 0,
          incoming: [],
        },
        {
          id: 'net',
          type: 'mlp',
          config: { hidden: [8] },
          dependencies: [],
          dependents: [2],
          inDegree: 0,
          incoming: [],
        },
        {
          id: 'fit',
          type: 'trainer',
          config: { epochs: 3 },
          dependencies: [0, 1],
          dependents: [],
          inDegree: 2,
          incoming: [0, 1],
        },
      ],
      edges: [
        { edge: 0, id: 'e1', source: 0, sourcePort: 'dataset', target: 2, targetPort: 'dataset' },
        { edge: 1, id: 'e2', source: 1, sourcePort: 'model', target: 2, targetPort: 'model' },
      ],
    });
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  it('resolves an alias to the name of the type', () => {
    expect(planOf({ nodes: [{ ...LOADER, type: 'dataLoader' }] }).nodes[0]?.type).toBe('dataset_loader');
  });

  it('counts a dependency once, however many edges come from it', () => {
    const edges = [
      { source: 'data', target: 'fit', targetHandle: 'train_data' },
      { source: 'data', target: 'fit', targetHandle: 'val_data' },
      { source: 'net', target: 'fit' },
    ];
    const fit = planOf({ nodes: [LOADER, MLP, TRAINER], edges }).nodes[2]!;
    expect(fit).toMatchObject({ dependencies: [0, 1], inDegree: 2, incoming: [0, 1, 2] });
  });

  it('may feed one port twice: the later edge comes later in the plan', () => {
    const nodes = [LOADER, { ...LOADER, id: 'other' }, MLP, TRAINER];
    const edges = [
      { source: 'net', target: 'fit' },
      { source: 'data', target: 'fit', targetHandle: 'dataset' },
      { source: 'other', target: 'fit', targetHandle: 'dataset' },
    ];
    const plan = planOf({ nodes, edges });
    expect(plan.nodes[3]!.incoming.map((index) => plan.edges[index]!.source)).toEqual([2, 0, 1]);
  });

  it('needs no edge into a port that the config supplies', () => {
    expect(faultsOf({ nodes: [{ id: 't', type: 'threshold', data: { config: { value: 0.5 } } }] })).toEqual([]);
  });
});

describe('a fault of a graph', () => {
  it.each<[string, unknown, Partial<Fault>]>([
    [
      'no node',
      { nodes: [], edges: [] },
      { code: 'empty_workflow', message: 'the workflow has no node: add at least one' },
    ],
    [
      'a doubled id',
      { nodes: [LOADER, LOADER] },
      {
        code: 'duplicate_node_id',
        node_id: 'data',
        loc: ['nodes', 1, 'id'],
        message: expect.stringContaining('at places 0 and 1'),
      },
    ],
    [
      'an unknown type',
      { nodes: [{ ...LOADER, type: 'datasetLoader2' }] },
      {
        code: 'unknown_type',
        node_id: 'data',
        loc: ['nodes', 0, 'type'],
        message: expect.stringContaining('Did you mean "dataset_loader"?'),
      },
    ],
    [
      'a config that breaks the schema',
      { nodes: [{ ...LOADER, data: { config: { limit: 0 } } }] },
      {
        code: 'invalid_config',
        node_id: 'data',
        loc: ['nodes', 0, 'data', 'config', 'limit'],
        message: 'node "data": "limit" must be at least 1, received 0',
      },
    ],
    [
      'an unknown key in a config',
      { nodes: [{ ...LOADER, data: { config: { limits: 5 } } }] },
      {
        code: 'invalid_config',
        loc: ['nodes', 0, 'data', 'config', 'limits'],
        message: expect.stringContaining('Did you mean "limit"?'),
      },
    ],
    [
      'an edge from a missing node',
      { nodes: [LOADER], edges: [{ id: 'e', source: 'dat', target: 'data' }] },
      {
        code: 'missing_node',
        edge_id: 'e',
        loc: ['edges', 0, 'source'],
        message: expect.stringContaining('Did you mean "data"?'),
      },
    ],
    [
      'an edge to a missing node',
      { nodes: [LOADER], edges: [{ source: 'data', target: 'x' }] },
      {
        code: 'missing_node',
        loc: ['edges', 0, 'target'],
        message: expect.stringContaining('edge 0 ("data" -> "x"): there is no node "x"'),
      },
    ],
    [
      'a self edge',
      notes(1, [[0, 0]]),
      { code: 'self_edge', node_id: 'n0', message: expect.stringMatching(/^工作流包含循环依赖: n0 -> n0/) },
    ],
    [
      'a cycle',
      notes(2, [
        [0, 1],
        [1, 0],
      ]),
      { code: 'cycle', node_id: 'n0', message: '工作流包含循环依赖: n0 -> n1 -> n0' },
    ],
    [
      'an output port that is not declared',
      {
        nodes: [LOADER, { id: 'note', type: 'note' }],
        edges: [{ id: 'e', source: 'data', target: 'note', sourceHandle: 'datset' }],
      },
      {
        code: 'unknown_port',
        edge_id: 'e',
        message: expect.stringContaining('has no output port "datset". Did you mean "dataset"?'),
      },
    ],
    [
      'an input port that is not declared',
      {
        nodes: [LOADER, { id: 's', type: 'split' }],
        edges: [{ source: 'data', target: 's', targetHandle: 'data_set_1' }],
      },
      { code: 'unknown_port', message: expect.stringContaining('"split" has no input port "data_set_1"') },
    ],
    [
      'ports whose types do not fit',
      {
        nodes: [LOADER, { id: 's', type: 'split' }],
        edges: [{ source: 'data', target: 's', sourceHandle: 'num_samples', targetHandle: 'dataset' }],
      },
      {
        code: 'port_type_mismatch',
        message: expect.stringContaining('"num_samples" gives a number, "dataset" takes a dataset'),
      },
    ],
    [
      'an edge that could be meant for several ports',
      {
        nodes: [LOADER, { id: 's', type: 'split' }, MLP, TRAINER],
        edges: [
          { source: 'data', target: 's' },
          { source: 'net', target: 'fit' },
          { id: 'e', source: 's', target: 'fit' },
        ],
      },
      {
        code: 'ambiguous_edge',
        edge_id: 'e',
        message: expect.stringContaining('train -> dataset, train -> train_data'),
      },
    ],
    [
      'a required input that nothing feeds',
      { nodes: [TRAINER] },
      {
        code: 'missing_input',
        node_id: 'fit',
        message: expect.stringContaining('nothing feeds its input "model" (model)'),
      },
    ],
    [
      'a list of nodes that is none',
      { nodes: 'all' },
      { code: 'invalid_shape', loc: ['nodes'], message: 'nodes: expected a list, received "all"' },
    ],
    [
      'an unknown key of a node',
      { nodes: [{ ...LOADER, config: {} }] },
      {
        code: 'invalid_shape',
        node_id: 'data',
        loc: ['nodes', 0, 'config'],
        message: expect.stringContaining('unknown key "config"'),
      },
    ],
  ])('%s is told with its place', (_, graph, fault) => {
    expect(faultsOf(graph)).toEqual([expect.objectContaining(fault)]);
  });

  it('tells all of them at once', () => {
    const found = faultsOf({
      nodes: [
        { ...LOADER, data: { config: { limit: 0, speed: 1 } } },
        { id: 'fit', type: 'trainer' },
        { id: 'fit', type: 'trainr' },
        { id: 'a', type: 'note' },
        { id: 'b', type: 'note' },
      ],
      edges: [
        { id: 'e0', source: 'a', target: 'b' },
        { id: 'e1', source: 'b', target: 'a' },
        { id: 'e2', source: 'ghost', target: 'a' },
        { id: 'e3', source: 'data', target: 'fit', targetHandle: 'val_data', sourceHandle: 'num_samples' },
        { id: 'e4', source: 'b', target: 'b' },
      ],
    });
    expect(found.map((fault) => fault.code)).toEqual([
      'invalid_config',
      'invalid_config',
      'unknown_type',
      'duplicate_node_id',
      'missing_node',
      'self_edge',
      'cycle',
      'port_type_mismatch',
      'missing_input',
    ]);
    expect(found.find((fault) => fault.code === 'missing_input')?.node_id).toBe('fit');
  });

  it('does not call a port unfed when a faulty edge was meant to feed it', () => {
    for (const edge of [
      { source: 'ghost', target: 's' },
      { source: 'data', target: 's', targetHandle: 'datasett' },
      { source: 'data', target: 's', sourceHandle: 'num_samples', targetHandle: 'dataset' },
    ]) {
      const codes = faultsOf({ nodes: [LOADER, { id: 's', type: 'split' }], edges: [edge] }).map((fault) => fault.code);
      expect(codes).toHaveLength(1);
      expect(codes).not.toContain('missing_input');
    }
  });

  it.each([null, undefined, 3, 'graph', [], { nodes: [null] }, { nodes: [LOADER], edges: [7] }])(
    'never throws for %j',
    (graph) => {
      expect(faultsOf(graph)[0]?.code).toBe('invalid_shape');
    },
  );

  it('treats ids like __proto__ as names', () => {
    const plan = planOf({
      nodes: [
        { id: '__proto__', type: 'note' },
        { id: 'constructor', type: 'note' },
      ],
      edges: [{ source: '__proto__', target: 'constructor' }],
    });
    expect(plan.nodes[1]?.dependencies).toEqual([0]);
    expect(faultsOf({ nodes: [{ id: 'a', type: '__proto__' }] })[0]?.code).toBe('unknown_type');
  });
});

describe('large graphs', () => {
  it('checks a chain of 20,000 nodes', () => {
    const chain = notes(
      20_000,
      Array.from({ length: 19_999 }, (_, index) => [index, index + 1] as const),
    );
    expect(planOf(chain).nodes[19_999]?.inDegree).toBe(1);
  });

  it('names every node of a circle of 20,000', () => {
    const ring = notes(
      20_000,
      Array.from({ length: 20_000 }, (_, index) => [index, (index + 1) % 20_000] as const),
    );
    const [fault, ...others] = faultsOf(ring);
    expect(others).toEqual([]);
    expect(fault?.message.split(' -> ')).toHaveLength(20_001);
    expect(fault?.message.endsWith('n19998 -> n19999 -> n0')).toBe(true);
  });

  it('answers a flood of faults with a thousand of them, a number, and the cycle', () => {
    const graph = notes(2, [
      [0, 1],
      [1, 0],
    ]);
    const edges = [...Array.from({ length: 5000 }, () => ({ source: 'ghost', target: 'n0' })), ...graph.edges];
    const found = faultsOf({ ...graph, edges });
    expect(found).toHaveLength(1002);
    expect(found.at(-1)).toEqual({ code: 'more_faults', message: 'and 4000 more faults' });
    expect(found.at(-2)?.code).toBe('cycle');
  });
});
