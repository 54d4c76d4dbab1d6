/**
 * Gradients that are sums over rows: of a matrix that rows are multiplied with, of a bias that is added to them. Where one
 * matrix is used again and again, as in every step of a recurrent layer, the rows of all uses make one large product in place of
 * many small ones and their additions.
 */
import type { Lowerings } from '../lowerings/lowerings.js';
import type { Arithmetic, Dim, Value } from '../onnx/index.js';

/** A sum over the first axis of its operands, not written yet. */
export interface SumOverRows {
  /** Sums of one kind may be taken together. */
  readonly kind: 'product' | 'total';
  /** Each [K, ...], K rows. */
  readonly operands: readonly Value[];
}

/** The sum over k of left[k, m] right[k, n]: left [K, M], right [K, N], result [M, N]. */
export function sumOfProducts(left: Value, right: Value): SumOverRows {
  return { kind: 'product', operands: [left, right] };
}

/** The sum of rows: [K, N] to [N]. */
export function sumOfRows(rows: Value): SumOverRows {
  return { kind: 'total', operands: [rows] };
}

export function isSumOverRows(gradient: Value | SumOverRows): gradient is SumOverRows {
  return 'operands' in gradient;
}

/** Above this many rows a product is efficient by itself, and copying its rows would cost more than adding the results. */
const MOST_ROWS = 256;
/** How many rows a symbol probably stands for: it is the size of a batch. */
const ROWS_OF_SYMBOL = 32;
/** So many uses are worth the copies. */
export const LEAST_USES = 3;

/** All contributions to one gradient, added up. */
export function sumContributions(
  math: Arithmetic,
  lowerings: Lowerings,
  contributions: readonly (Value | SumOverRows)[],
): Value {
  const values: Value[] = [];
  const groups = new Map<string, SumOverRows[]>();
  for (const each of contributions) {
    if (!isSumOverRows(each)) values.push(each);
    else if (likelyRows(each) > MOST_ROWS) values.push(written(math, lowerings, each));
    else {
      const key = [each.kind, ...each.operands.map(({ shape }) => shape.slice(1))].join(' ');
      groups.set(key, [...(groups.get(key) ?? []), each]);
    }
  }
  for (const group of groups.values()) {
    if (group.length < LEAST_USES) values.push(...group.map((each) => written(math, lowerings, each)));
    else values.push(written(math, lowerings, joined(math, group)));
  }
  return values.reduce((total, next) => math.add(total, next));
}

function likelyRows({ operands }: SumOverRows): number {
  const rows: Dim = operands[0]!.shape[0]!;
  if (typeof rows === 'number') return rows;
  return rows.split('*').reduce((count, factor) => count * (/^\d+$/.test(factor) ? Number(factor) : ROWS_OF_SYMBOL), 1);
}

/** The walk comes from the end: reversed, the rows stand as the forward pass made them. */
function joined(math: Arithmetic, group: readonly SumOverRows[]): SumOverRows {
  const ordered = group.toReversed();
  const operands = ordered[0]!.operands.map((_, place) => {
    return math.graph.op(
      'Concat',
      ordered.map(({ operands: each }) => each[place]!),
      { axis: 0 },
    );
  });
  return { kind: group[0]!.kind, operands };
}

function written(math: Arithmetic, lowerings: Lowerings, { kind, operands }: SumOverRows): Value {
  if (kind === 'product') return math.graph.op('Gemm', operands, { transA: 1 });
  return lowerings.sumOfRows(math, operands[0]!);
}
