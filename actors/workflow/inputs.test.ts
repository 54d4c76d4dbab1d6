import { describe, expect, it } from 'vitest';
import { type Arrival, gatherInputs, inputsOf, missingOutputs } from './inputs.js';
import { link } from './plan.js';

const TENSOR = new Float32Array(3);

describe('the inputs of a node', () => {
  it.each<[string, Record<string, unknown>, Arrival[], Record<string, unknown>]>([
    ['its config alone', { epochs: 3 }, [], { epochs: 3 }],
    [
      'one output into one input',
      { epochs: 3 },
      [{ outputs: { model: 'm', size: 1 }, sourceHandle: 'model', targetHandle: 'net' }],
      { epochs: 3, net: 'm' },
    ],
    [
      'all outputs, when the source handle is not set',
      {},
      [{ outputs: { a: 1, b: 2 }, targetHandle: 'all' }],
      { all: { a: 1, b: 2 } },
    ],
    [
      'all outputs, when the source handle names none of them',
      {},
      [{ outputs: { a: 1 }, sourceHandle: 'x', targetHandle: 'all' }],
      { all: { a: 1 } },
    ],
    [
      'an output that is there and undefined',
      {},
      [{ outputs: { a: undefined }, sourceHandle: 'a', targetHandle: 'in' }],
      { in: undefined },
    ],
    ['outputs merged over the config', { a: 0, c: 3 }, [{ outputs: { a: 1, b: 2 } }], { a: 1, b: 2, c: 3 }],
    ['one output merged', {}, [{ outputs: { a: { x: 1 } }, sourceHandle: 'a' }], { x: 1 }],
    [
      'nothing of what cannot be merged',
      { a: 0 },
      [{ outputs: { a: TENSOR }, sourceHandle: 'a' }, { outputs: [1] }],
      { a: 0 },
    ],
    ['an edge over the config', { a: 0 }, [{ outputs: { a: 1 }, sourceHandle: 'a', targetHandle: 'a' }], { a: 1 }],
    [
      'of two edges to one port the later',
      {},
      [
        { outputs: { a: 1 }, sourceHandle: 'a', targetHandle: 'in' },
        { outputs: { a: 2 }, sourceHandle: 'a', targetHandle: 'in' },
      ],
      { in: 2 },
    ],
    ['empty handles as none', {}, [{ outputs: { a: 1 }, sourceHandle: '', targetHandle: null }], { a: 1 }],
  ])('are %s', (_, config, arrivals, expected) => {
    expect(gatherInputs(config, arrivals)).toEqual(expected);
  });

  it('never reach a prototype', () => {
    const outputs = JSON.parse('{"__proto__": {"polluted": true}}') as unknown;
    const inputs = gatherInputs({}, [
      { outputs },
      { outputs: { a: 1 }, sourceHandle: 'constructor', targetHandle: '__proto__' },
    ]);
    expect(Object.getPrototypeOf(inputs)).toBe(Object.prototype);
    expect(Object.entries(inputs)).toEqual([['__proto__', { a: 1 }]]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('copy no value', () => {
    expect(gatherInputs({}, [{ outputs: { a: TENSOR }, sourceHandle: 'a', targetHandle: 'in' }])['in']).toBe(TENSOR);
  });

  it('follow the edges of a plan, in the order of the request', () => {
    const plan = link(
      ['first', 'second', 'reader'].map((id) => ({
        id,
        type: 't',
        config: id === 'reader' ? { limit: 1, data: 0 } : {},
      })),
      [
        { edge: 0, source: 1, sourcePort: 'out', target: 2, targetPort: 'data' },
        { edge: 1, source: 0, sourcePort: 'out', target: 2, targetPort: 'data' },
      ],
    );
    expect(inputsOf(plan, 2, (node) => ({ out: node }))).toEqual({ limit: 1, data: 0 });
    expect(inputsOf(plan, 0, () => undefined)).toEqual({});
  });
});

describe('missingOutputs', () => {
  const ports = { model: { type: 'model' }, metrics: { type: 'metrics' } };
  it.each([
    [{ model: 1, metrics: null }, []],
    [{ model: 1 }, ['metrics']],
    [{ model: undefined, metrics: 1 }, ['model']],
    [undefined, ['model', 'metrics']],
    [[1], ['model', 'metrics']],
  ])('of %j are %j', (outputs, missing) => {
    expect(missingOutputs(outputs, ports)).toEqual(missing);
  });
});
