import fc from 'fast-check';
import { expect, test } from 'vitest';
import { float32, int64, numbers, runModel } from '../onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder, type Shape } from '../onnx/index.js';
import { scatterAdd } from './scatter-add.js';

interface Picked {
  readonly table: readonly number[];
  readonly from: number;
  readonly to: number;
  readonly numbers: readonly number[];
  readonly known: boolean;
}

const size = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

const picked: fc.Arbitrary<Picked> = fc
  .array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 })
  .chain((table) =>
    fc.tuple(fc.nat(table.length - 1), fc.nat(table.length - 1), fc.boolean()).chain(([first, last, known]) => {
      const [from, to] = [Math.min(first, last), Math.max(first, last) + 1];
      const rows = size(table.slice(from, to));
      const list = fc.array(fc.integer({ min: -rows, max: rows - 1 }), { maxLength: 5 });
      return list.map((given) => ({ table, from, to, numbers: given, known }));
    }),
  );

/** Element by element, by the definition. */
function expected({ table, from, to, numbers: rows }: Picked, updates: readonly number[]): number[] {
  const sums = new Array<number>(size(table)).fill(0);
  const [outer, extent, inner] = [size(table.slice(0, from)), size(table.slice(from, to)), size(table.slice(to))];
  for (let before = 0; before < outer; before++) {
    for (const [place, row] of rows.entries()) {
      for (let behind = 0; behind < inner; behind++) {
        const target = (before * extent + ((row + extent) % extent)) * inner + behind;
        sums[target]! += updates[(before * rows.length + place) * inner + behind]!;
      }
    }
  }
  return sums;
}

test('every update is added where its number points, whatever is picked from which axes', async () => {
  await fc.assert(
    fc.asyncProperty(picked, async (given) => {
      const { table, from, to, numbers: rows, known } = given;
      const shape = [...table.slice(0, from), rows.length, ...table.slice(to)];
      const updates = Array.from({ length: size(shape) }, (_, index) => 2 ** (index % 12));
      const graph = new GraphBuilder('scatter');
      const declared = (extents: readonly number[], name: string): Shape =>
        known ? extents : extents.map((_, axis) => `${name}${axis}`);
      const like = graph.input('table', 'float32', declared(table, 'T'));
      const at = graph.input('numbers', 'int64', ['N']);
      const values = graph.input('updates', 'float32', declared(shape, 'U'));
      graph.output(scatterAdd(new Arithmetic(graph), like, at, { from, to }, values), 'sum');
      const { sum } = await runModel(graph.toModel(), {
        table: float32(table, new Float32Array(size(table)).fill(Number.NaN)),
        numbers: int64([rows.length], rows),
        updates: float32(shape, updates),
      });
      expect(sum!.shape).toEqual(table);
      expect(numbers(sum)).toEqual(expected(given, updates));
    }),
    { numRuns: 60 },
  );
});
