import { describe, expect, it } from 'vitest';
import {
  counted,
  formatBytes,
  formatDuration,
  formatElapsed,
  formatFigure,
  formatLoss,
  formatPercent,
} from './quantities.js';

describe('quantities', () => {
  it.each([
    [0, '0.00 s'],
    [0.0512, '0.05 s'],
    [9.994, '9.99 s'],
    [9.996, '10.0 s'],
    [59.94, '59.9 s'],
    [59.96, '1 min 00 s'],
    [247, '4 min 07 s'],
    [3599.6, '1 h 00 min'],
    [7_500, '2 h 05 min'],
  ])('tells %d seconds as %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  it('counts what still goes on in whole seconds', () => {
    expect(formatElapsed(3.99)).toBe('3 s');
    expect(formatElapsed(61)).toBe('1 min 01 s');
  });

  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1000, '1.0 kB'],
    [9_700, '9.7 kB'],
    [99_960, '100 kB'],
    [999_600, '1.0 MB'],
    [84.7e9, '84.7 GB'],
    [5e15, '5000 TB'],
  ])('tells %d bytes as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [0.5, '0.5000'],
    [0, '0.0000'],
    [0.00036, '3.60e-4'],
    [-0.00036, '-3.60e-4'],
    [250_000, '2.50e+5'],
  ])('tells a loss of %d as %s', (loss, text) => expect(formatLoss(loss)).toBe(text));

  it('gives figures three decimals and percents one', () => {
    expect(formatFigure(0.98449)).toBe('0.984');
    expect(formatPercent(96.49)).toBe('96.5 %');
  });

  it('puts a noun into the plural', () => {
    expect([0, 1, 2].map((count) => counted(count, 'node'))).toEqual(['0 nodes', '1 node', '2 nodes']);
  });
});
