/**
 * What whole-number lists hold, followed through arithmetic: exporters compute the shape of a Reshape with nodes, and
 * only who follows them knows the result's extents before the graph runs.
 */
import { type Dim, multiplyDims, type Shape } from '../shape.js';
import type { Value } from '../value.js';

type Rule = (a: Dim, b: Dim) => Dim | undefined;

function numbersOnly(rule: (a: number, b: number) => number): Rule {
  return (a, b) => {
    if (typeof a !== 'number' || typeof b !== 'number') return undefined;
    const result = rule(a, b);
    return Number.isSafeInteger(result) ? result : undefined;
  };
}

/** The extent that `part` times makes up `whole`, where symbols leave no doubt: 2*N of 2 is N. */
function quotient(whole: Dim, part: Dim): Dim | undefined {
  if (part === 1) return whole;
  if (typeof whole === 'number' && typeof part === 'number') return part === 0 ? undefined : Math.trunc(whole / part);
  return undefined;
}

/** A sum inside a symbol is not a factor: such a symbol is left alone. */
function product(a: Dim, b: Dim): Dim | undefined {
  if ([a, b].some((dim) => typeof dim === 'string' && !/^[\w*]+$/.test(dim)))
    return a === 1 ? b : b === 1 ? a : undefined;
  // Extents are never negative, so a symbol times a negative number is none.
  if (typeof a === 'string' || typeof b === 'string') {
    if ([a, b].some((dim) => typeof dim === 'number' && dim < 0)) return undefined;
    return multiplyDims([a, b]);
  }
  return a * b;
}

/** 1 where equal, 0 where not. A symbol stands for an extent, and is never negative. */
const equality: Rule = (a, b) => {
  if (a === b) return 1;
  if (typeof a === 'number' && typeof b === 'number') return 0;
  return [a, b].some((dim) => typeof dim === 'number' && dim < 0) ? 0 : undefined;
};

const RULES: Readonly<Record<string, Rule>> = {
  Add: (a, b) => (a === 0 ? b : b === 0 ? a : numbersOnly((x, y) => x + y)(a, b)),
  Sub: (a, b) => (b === 0 ? a : a === b ? 0 : numbersOnly((x, y) => x - y)(a, b)),
  Mul: product,
  Div: quotient,
  Mod: numbersOnly((x, y) => (y === 0 ? Number.NaN : x - y * Math.floor(x / y))),
  Max: numbersOnly(Math.max),
  Min: numbersOnly(Math.min),
  Equal: equality,
};

const UNARY: Readonly<Record<string, (a: number) => number>> = { Neg: (a) => -a, Abs: Math.abs };

/** What the result of an operator on scalars or lists holds; `undefined` where not all of it is known. */
export function contentOf(type: string, values: readonly Value[]): Shape | undefined {
  const rule = Object.hasOwn(RULES, type) ? RULES[type] : undefined;
  const [a, b] = values;
  const unary = Object.hasOwn(UNARY, type) ? UNARY[type] : undefined;
  if (unary && a?.content) return picked([a], (dim) => (typeof dim === 'number' ? unary(dim) : undefined));
  if (!rule || values.length !== 2 || !a?.content || !b?.content) return undefined;
  return picked([a, b], (left, right) => rule(left!, right!));
}

/** What `Where` holds, when condition and both lists are known. */
export function chosenContent(values: readonly Value[]): Shape | undefined {
  if (values.some(({ content }) => content === undefined)) return undefined;
  return picked(values, (condition, yes, no) =>
    typeof condition === 'number' ? (condition === 0 ? no : yes) : undefined,
  );
}

/** Element by element, a list of one repeated. */
function picked(values: readonly Value[], pick: (...dims: Dim[]) => Dim | undefined): Shape | undefined {
  const lengths = values.map(({ content }) => content!.length);
  const length = lengths.find((other) => other !== 1) ?? 1;
  if (lengths.some((other) => other !== 1 && other !== length)) return undefined;
  const result = Array.from({ length }, (_, place) =>
    pick(...values.map(({ content }) => content![content!.length === 1 ? 0 : place]!)),
  );
  return result.every((dim) => dim !== undefined) ? (result as Dim[]) : undefined;
}
