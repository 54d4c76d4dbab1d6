/** Einsum: which axes an equation such as `bij,bjk->bik` multiplies, keeps and sums. */
import type { Dim } from '../shape.js';
import type { Value } from '../value.js';
import type { OperatorTable } from './operator.js';

/** An equation whose every axis has a letter of its own: the ellipsis is written out, spaces and implicit outputs are gone. */
export interface EinsumEquation {
  /** For each operand a letter for each axis. A letter twice in one operand stands for its diagonal. */
  readonly operands: readonly string[];
  readonly output: string;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** @param fail is told what does not fit, and throws */
export function parseEinsum(
  equation: string,
  operands: readonly Value[],
  fail: (reason: string) => never,
): EinsumEquation {
  const [left, right, ...more] = equation.replaceAll(' ', '').split('->');
  const terms = left!.split(',');
  if (more.length > 0 || !/^[a-zA-Z.,]*$/.test(left!) || !/^[a-zA-Z.]*$/.test(right ?? ''))
    fail(`"${equation}" is no equation of Einsum`);
  if (terms.length !== operands.length) fail(`"${equation}" has ${terms.length} operands, not ${operands.length}`);
  const used = new Set(equation);
  const free = [...LETTERS].filter((letter) => !used.has(letter));
  const ranks = terms.map((term, index) => ellipsisRank(term, operands[index]!.shape.length, fail));
  const rank = Math.max(0, ...ranks.filter((known) => known !== undefined));
  if (ranks.some((known) => known !== undefined && known !== rank))
    fail('the ellipses of its operands stand for different numbers of axes: reshape the operands first');
  if (rank > free.length) fail('it has more axes than there are letters');
  const batch = free.slice(0, rank).join('');
  const written = (term: string) => term.replace('...', batch);
  const output = right === undefined ? implicitOutput(terms) : right;
  if (output.replace('...', '').includes('.')) fail(`"${output}" has a dot too many or too few`);
  if (rank > 0 && !output.includes('...')) fail('its operands have ellipses: its output must have one too');
  const result = { operands: terms.map(written), output: written(output) };
  if (new Set(result.output).size !== result.output.length) fail(`its output "${output}" names an axis twice`);
  const missing = [...result.output].find((letter) => !result.operands.some((term) => term.includes(letter)));
  if (missing !== undefined) fail(`no operand has the axis "${missing}" of its output`);
  return result;
}

/** How many axes the ellipsis of an operand stands for; `undefined` where it has none. */
function ellipsisRank(term: string, rank: number, fail: (reason: string) => never): number | undefined {
  const letters = term.replace('...', '');
  if (letters.includes('.')) fail(`"${term}" has a dot too many or too few`);
  const rest = rank - letters.length;
  if (term === letters && rest !== 0) fail(`"${term}" names ${letters.length} axes of an operand with ${rank}`);
  if (rest < 0) fail(`"${term}" names at least ${letters.length} axes of an operand with ${rank}`);
  return term === letters ? undefined : rest;
}

/** What an equation without arrow means: the axes of the ellipsis, then every letter that occurs once, sorted. */
function implicitOutput(terms: readonly string[]): string {
  const letters = [...terms.join('').replaceAll('.', '')];
  const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter));
  return `${terms.some((term) => term.includes('...')) ? '...' : ''}${once.sort().join('')}`;
}

/** The extent of every letter; extents of 1 are repeated, as ONNX Runtime does. */
export function einsumExtents(
  { operands }: EinsumEquation,
  values: readonly Value[],
  fail: (reason: string) => never,
): ReadonlyMap<string, Dim> {
  const extents = new Map<string, Dim>();
  for (const [index, term] of operands.entries()) {
    for (const [axis, letter] of [...term].entries()) {
      const dim = values[index]!.shape[axis]!;
      const known = extents.get(letter);
      if (known === undefined || known === 1) extents.set(letter, dim);
      else if (typeof dim === 'number' && dim !== 1) {
        if (typeof known === 'number' && known !== dim) fail(`the axis "${letter}" is both ${known} and ${dim} long`);
        extents.set(letter, dim);
      }
    }
  }
  return extents;
}

export const EINSUM: OperatorTable = {
  Einsum: {
    inputs: [1, 2 ** 31],
    attributes: { equation: { kind: 'string' } },
    infer(call) {
      const values = call.inputs.map((_, index) => call.input(index));
      const fail = (reason: string) => call.fail(reason);
      const equation = parseEinsum(call.attributes.text('equation'), values, fail);
      const extents = einsumExtents(equation, values, fail);
      return [{ dtype: call.input(0).dtype, shape: [...equation.output].map((letter) => extents.get(letter)!) }];
    },
  },
};
