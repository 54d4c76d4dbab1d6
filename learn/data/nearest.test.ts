import { describe, expect, it } from 'vitest';
import { nearestName } from './nearest.js';

describe('the nearest name', () => {
  it.each([
    ['a transposition', 'leanring_rate', 'learning_rate'],
    ['another case', 'EPOCHS', 'epochs'],
    ['a missing letter', 'epoch', 'epochs'],
    ['nothing close', 'zzzzzz', undefined],
    ['an empty word', '', undefined],
  ])('%s', (_, word, expected) => {
    expect(nearestName(word, ['epochs', 'batch_size', 'learning_rate'])).toBe(expected);
  });
});
