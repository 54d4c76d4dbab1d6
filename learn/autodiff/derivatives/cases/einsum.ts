/** Cases of the Einsum row. The batch, 3, is a symbol in the second variant. */
import { type Case, of } from './case.js';

const einsum = (what: string, equation: string, ...shapes: readonly (readonly number[])[]): Case =>
  of(
    'Einsum',
    shapes.map((shape) => ({ shape })),
    { equation },
    `${what}: ${equation}`,
  );

export const EINSUM_CASES: readonly Case[] = [
  einsum('a product of matrices', 'ij,jk->ik', [3, 4], [4, 2]),
  einsum('of batches', 'bij,bjk->bik', [3, 2, 4], [3, 4, 5]),
  einsum('one matrix for a batch', 'bij,kj->bik', [3, 2, 4], [5, 4]),
  einsum('attention scores', 'bqhd,bkhd->bhqk', [3, 2, 2, 4], [3, 5, 2, 4]),
  einsum('an outer product', 'i,j->ij', [3], [4]),
  einsum('an elementwise product', 'ij,ij->ij', [3, 4], [3, 4]),
  einsum('an inner product', 'i,i->', [3], [3]),
  einsum('the trace', 'ii->', [3, 3]),
  einsum('the trace, no arrow', 'ii', [3, 3]),
  einsum('the diagonal', 'ii->i', [3, 3]),
  einsum('a diagonal of a batch', 'bii->bi', [3, 4, 4]),
  einsum('a diagonal times a matrix', 'iji,ik->jk', [4, 3, 4], [4, 2]),
  einsum('two diagonals', 'iijj->ji', [3, 3, 2, 2]),
  einsum('a transposition', 'bij->jbi', [3, 2, 4]),
  einsum('letters in order, no arrow', 'cab', [3, 2, 4]),
  einsum('the sum of all', 'ij->', [3, 4]),
  einsum('a sum over an axis that one operand has', 'ij,k->k', [3, 4], [2]),
  einsum('three operands', 'bi,ij,bj->b', [3, 4], [4, 2], [3, 2]),
  einsum('an ellipsis', '...ij,...jk->...ik', [3, 2, 4], [3, 4, 5]),
  einsum('an ellipsis that broadcasts', '...i,...i->...', [3, 1, 4], [1, 2, 4]),
  einsum('an ellipsis in one operand, no arrow', '...ij,jk', [3, 2, 4], [4, 5]),
  einsum('an ellipsis for no axis', 'i...->...i', [3]),
  einsum('an axis of one that is repeated', 'ij,jk->ik', [3, 1], [4, 2]),
  einsum('an axis of one that is summed', 'ij,ij->i', [3, 4], [3, 1]),
  einsum('spaces', ' i j , j k -> i k ', [3, 4], [4, 2]),
  einsum('a scalar operand', 'ij,->ij', [3, 4], []),
];
