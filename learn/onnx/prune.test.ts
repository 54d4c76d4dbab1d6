import { expect, it } from 'vitest';
import { tensor } from '../../runtime/tensor.js';
import { GraphBuilder } from './builder.js';
import { prune } from './prune.js';

it('keeps what an output depends on, and the inputs, and nothing else', () => {
  const graph = new GraphBuilder('test');
  const x = graph.input('x', 'float32', ['N', 2]);
  graph.input('ignored', 'float32', ['N']);
  const bias = graph.initializer('bias', tensor('float32', [2], Float32Array.of(1, 2)));
  const lost = graph.initializer('lost', tensor('float32', [2], Float32Array.of(3, 4)));
  graph.op('Add', [graph.op('Exp', [x]), lost]);
  graph.output(graph.op('Add', [x, bias]), 'y');
  const pruned = prune(graph.toModel()).graph!;
  expect(pruned.node.map(({ opType }) => opType)).toEqual(['Add', 'Identity']);
  expect(pruned.initializer.map(({ name }) => name)).toEqual(['bias']);
  expect(pruned.input.map(({ name }) => name)).toEqual(['x', 'ignored']);
});
