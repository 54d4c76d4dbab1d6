import { expect, test } from 'vitest';
import { tensor } from '../../runtime/tensor.js';
import { checkedLogits } from './checked-logits.js';

test('logits of as many rows and classes as there are come back as they are', () => {
  const data = Float32Array.of(1, 2, 3, 4, 5, 6);
  expect(checkedLogits(tensor('float32', [1, 3, 2], data), 3, 2)).toBe(data);
});

test('another number is refused, with what to do', () => {
  const one = tensor('float32', [1, 2], new Float32Array(2));
  expect(() => checkedLogits(one, 3, 2)).toThrow(/2 logits for 3 rows and 2 classes.*dynamic batch/);
});
