/** Shapes whose extents may be symbols, and the little algebra that shape inference needs of them. */

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
      for (const factor of dim.split('*')) {
        if (/^\d+$/.test(factor)) result.coefficient *= Number(factor);
        else result.symbols.push(factor);
      }
    }
  }
  result.symbols.sort();
  return result;
}

function format({ coefficient, symbols }: Product): Dim {
  if (coefficient === 0 || symbols.length === 0) return coefficient;
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
  const symbols: string[] = [];
  for (const dim of dims) {
    if (typeof dim === 'number') constant += dim;
    else symbols.push(dim);
  }
  if (symbols.length === 0) return constant;
  return constant === 0 ? symbols.join('+') : `${symbols.join('+')}+${constant}`;
}
