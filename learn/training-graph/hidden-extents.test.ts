import { expect, test } from 'vitest';
import { float32, numbers, runModel } from '../onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder } from '../onnx/index.js';
import { hideExtents } from './hidden-extents.js';

/** y = sum over rows of (x as [16, 8, 16])^2 * w, z = the same of its first half; the square is the forward pass. */
function passes() {
  const graph = new GraphBuilder('passes');
  const math = new Arithmetic(graph);
  const x = graph.input('x', 'float32', [16, 128]);
  const w = graph.input('w', 'float32', [128, 16]);
  const square = math.square(math.reshape(x, [16, 8, 16]));
  const forward = graph.nodes.length;
  const y = math.sum(math.mul(square, math.reshape(w, [16, 8, 16])), [0]);
  return { graph, forward, y, batchInputs: new Set(['x']), parameters: new Set(['w']) };
}

const x = float32(
  [16, 128],
  Array.from({ length: 2048 }, (_, index) => Math.sin(index)),
);
const w = float32(
  [128, 16],
  Array.from({ length: 2048 }, (_, index) => Math.cos(index)),
);

test('no extent of what is reshaped can be known before the run, and every bit stays', async () => {
  const plain = passes();
  const { graph, at, forward } = hideExtents(plain);
  const stored = new Set(graph.initializers.map(({ name }) => name));
  const made = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output?.name, node.type] as const)));
  const shapes = graph.nodes.filter(({ type }) => type === 'Reshape').map(({ inputs }) => inputs[1]!.name);
  expect(shapes).toHaveLength(3);
  for (const shape of shapes) {
    expect(stored).not.toContain(shape);
    expect(['Add', 'Mul']).toContain(made.get(shape));
  }
  // The forward pass ends where it ended: behind the square.
  const square = plain.graph.nodes[plain.forward - 1]!.outputs[0]!;
  expect(graph.nodes[forward - 1]!.outputs[0]!.name).toBe(at(square).name);

  graph.output(at(plain.y), 'y');
  plain.graph.output(plain.y, 'y');
  const [hidden, known] = [await runModel(graph.toModel(), { x, w }), await runModel(plain.graph.toModel(), { x, w })];
  expect(numbers(hidden['y'])).toEqual(numbers(known['y']));
  expect(hidden['y']!.shape).toEqual([8, 16]);
});

test('a graph without a large batch stays as it is', () => {
  const plain = passes();
  const { graph, forward } = hideExtents({ ...plain, batchInputs: new Set() });
  expect(graph.nodes).toHaveLength(plain.graph.nodes.length);
  expect(forward).toBe(plain.forward);
});
