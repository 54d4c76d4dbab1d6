import { describe, expect, test } from 'vitest';
import { OnnxError, tellingWhere } from './error.js';

function caught(work: () => unknown): OnnxError {
  try {
    work();
  } catch (error) {
    return error as OnnxError;
  }
  throw new Error('nothing was thrown');
}

describe('what goes wrong at a node', () => {
  test('is told with its name, the error below kept', () => {
    const below = new OnnxError('a shape is too large');
    const error = caught(() =>
      tellingWhere('node "a" (Add)', () => {
        throw below;
      }),
    );
    expect(error).toBeInstanceOf(OnnxError);
    expect(error.message).toBe('node "a" (Add): a shape is too large');
    expect(error.cause).toBe(below);
  });

  test('is not told twice', () => {
    const named = new OnnxError('node "a" (Add): the shapes do not fit one another');
    const error = caught(() =>
      tellingWhere('node "a" (Add)', () => {
        throw named;
      }),
    );
    expect(error).toBe(named);
  });

  test('is an OnnxError also where it was an error of JavaScript', () => {
    const error = caught(() => tellingWhere('node "a" (Add)', () => new Array(-1)));
    expect(error).toBeInstanceOf(OnnxError);
    expect(error.message).toMatch(/^node "a" \(Add\): it cannot be understood/);
    expect(error.cause).toBeInstanceOf(RangeError);
  });
});
