import { describe, expect, it } from 'vitest';
import { isRedrawable, paintFor } from './colour.js';
import { capturedOutput } from './testing/doubles.js';

const isColoured = (isTerminal: boolean, environment: Record<string, string>): boolean =>
  paintFor(capturedOutput({ isTerminal }), environment)('good', 'x') !== 'x';

describe('colour', () => {
  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
    [false, { FORCE_COLOR: '1' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ])('terminal %s with %j: %s', (isTerminal, environment, coloured) => {
    expect(isColoured(isTerminal, environment)).toBe(coloured);
  });

  it('gives an empty text no colour', () => {
    expect(paintFor(capturedOutput({ isTerminal: true }), {})('bad', '')).toBe('');
  });

  it('moves the cursor on a real terminal alone, colours or not', () => {
    expect(isRedrawable(capturedOutput({ isTerminal: true }), { NO_COLOR: '1' })).toBe(true);
    expect(isRedrawable(capturedOutput({ isTerminal: true }), { TERM: 'dumb' })).toBe(false);
    expect(isRedrawable(capturedOutput(), {})).toBe(false);
  });
});
