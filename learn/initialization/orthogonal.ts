/** Random orthogonal matrices. */
import type { Random } from '../random.js';

/**
 * A matrix [rows, columns], row-major, whose rows (or columns, where they are fewer) have length 1 and are at right angles: all such
 * matrices are equally likely (Saxe, McClelland, Ganguli 2014; Mezzadri 2007). Takes rows * columns * min(rows, columns) multiplications.
 */
export function orthogonalMatrix(rows: number, columns: number, draws: Random): Float64Array {
  const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
  const vectors: Float64Array[] = [];
  while (vectors.length < count) {
    const vector = Float64Array.from({ length }, () => draws.normal());
    // Twice: the first time leaves rounding errors that the second takes away.
    for (let round = 0; round < 2; round++) for (const other of vectors) removePart(vector, other);
    const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    vectors.push(vector.map((value) => value / norm));
  }
  return Float64Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    return rows <= columns ? vectors[row]![column]! : vectors[column]![row]!;
  });
}

function removePart(vector: Float64Array, along: Float64Array): void {
  let dot = 0;
  for (let index = 0; index < vector.length; index++) dot += vector[index]! * along[index]!;
  for (let index = 0; index < vector.length; index++) vector[index]! -= dot * along[index]!;
}
