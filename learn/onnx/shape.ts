/** Shapes whose extents may be symbols, and the little algebra that shape inference needs of them. */

import { OnnxError } from './error.js';

/** An extent: a number, or a symbol such as `N` for one that is only known when the graph runs. */
export type Dim = number | string;
/** Extents from the outermost axis to the innermost. */
export type Shape = readonly Dim[];

export function isStatic(shape: Shape): shape is readonly number[] {
  return shape.every((dim) => typeof dim === 'number');
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** Whether the shapes may be one and the same: a symbol may be any extent. */
export function fitOneAnother(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis] || !isStatic([dim, b[axis]!]));
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** `axis` counted from the front. `undefined` when the rank does not have it. */
export function normalAxis(axis: number, rank: number): number | undefined {
  const fromFront = axis < 0 ? axis + rank : axis;
  return Number.isInteger(axis) && fromFront >= 0 && fromFront < rank ? fromFront : undefined;
}

/** The shape of an elementwise operation, or `undefined` where the shapes do not fit. */
export function broadcastShapes(shapes: readonly Shape[]): Dim[] | undefined {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result: Dim[] = new Array<Dim>(rank).fill(1);
  for (const shape of shapes) {
    for (let axis = 0; axis < shape.length; axis++) {
      const place = rank - shape.length + axis;
      const dim = broadcastDims(result[place]!, shape[axis]!);
      if (dim === undefined) return undefined;
      result[place] = dim;
    }
  }
  return result;
}

/** Two symbols that differ can only be told apart when the graph runs: the extent is the larger of the two. */
function broadcastDims(a: Dim, b: Dim): Dim | undefined {
  if (a === b || b === 1) return a;
  if (a === 1) return b;
  if (typeof a === 'number') return typeof b === 'number' ? undefined : a;
  if (typeof b === 'number') return b;
  return `max(${a}, ${b})`;
}

interface Product {
  coefficient: number;
  symbols: string[];
}

function product(dims: Shape): Product {
  const result: Product = { coefficient: 1, symbols: [] };
  for (const dim of dims) {
    if (typeof dim === 'number') result.coefficient *= dim;
    else {
      for (const factor of factorsOf(dim)) {
        if (/^\d+$/.test(factor)) result.coefficient *= Number(factor);
        else result.symbols.push(factor);
      }
    }
  }
  if (!Number.isSafeInteger(result.coefficient))
    throw new OnnxError(`a shape of ${formatShape(dims)} has more than 2^53 elements: nothing holds it`);
  result.symbols.sort();
  return result;
}

/** The factors of an extent. Files have expressions of their own as symbols: what stands in parentheses, and a sum, is one factor. */
function factorsOf(dim: string): string[] {
  if (!dim.includes('*')) return [dim.includes('+') ? enclosed(dim) : dim];
  const factors: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < dim.length; index++) {
    const sign = dim[index];
    if (sign === '(') depth++;
    else if (sign === ')') depth--;
    else if (depth === 0 && (sign === '+' || sign === '-')) return [enclosed(dim)];
    else if (depth === 0 && sign === '*') {
      factors.push(dim.slice(start, index));
      start = index + 1;
    }
  }
  return [...factors, dim.slice(start)];
}

function enclosed(dim: string): string {
  return `(${dim})`;
}

/** A factor that stands alone needs no parentheses: so it has the name that it came with. */
function bare(factor: string): string {
  if (!factor.startsWith('(')) return factor;
  let depth = 0;
  for (let index = 0; index < factor.length; index++) {
    if (factor[index] === '(') depth++;
    else if (factor[index] === ')') depth--;
    if (depth === 0) return index === factor.length - 1 ? factor.slice(1, -1) : factor;
  }
  return factor;
}

function format({ coefficient, symbols }: Product): Dim {
  if (coefficient === 0 || symbols.length === 0) return coefficient;
  if (coefficient === 1 && symbols.length === 1) return bare(symbols[0]!);
  return coefficient === 1 ? symbols.join('*') : `${coefficient}*${symbols.join('*')}`;
}

/** The number of elements: `[N, 3, 4]` gives `12*N`. */
export function multiplyDims(dims: Shape): Dim {
  return format(product(dims));
}

/** The extent that makes `part` together with it as large as `whole`; `undefined` when that cannot be told, or never fits. */
export function divideDims(whole: Shape, part: Shape): Dim | undefined {
  const total = product(whole);
  const known = product(part);
  for (const symbol of known.symbols) {
    const index = total.symbols.indexOf(symbol);
    if (index < 0) return undefined;
    total.symbols.splice(index, 1);
  }
  if (known.coefficient === 0 || total.coefficient % known.coefficient !== 0) return undefined;
  return format({ coefficient: total.coefficient / known.coefficient, symbols: total.symbols });
}

/** The extent of a concatenation. */
export function addDims(dims: Shape): Dim {
  let constant = 0;
  const counts = new Map<string, number>();
  for (const dim of dims) {
    if (typeof dim === 'number') constant += dim;
    else counts.set(dim, (counts.get(dim) ?? 0) + 1);
  }
  // What comes several times is a product, so that it can be divided again: N + N is 2*N.
  const terms = [...counts].map(([symbol, count]) => (count === 1 ? symbol : String(multiplyDims([count, symbol]))));
  if (terms.length === 0) return constant;
  if (terms.length === 1 && constant === 0) return terms[0]!;
  // A product within a sum is no factor of it: `M*N + 2` is not M times `N + 2`.
  const sum = terms.map((term) => (term.includes('*') ? `(${term})` : term)).join('+');
  return constant === 0 ? sum : `${sum}+${constant}`;
}
