import { describe, expect, it } from 'vitest';
import { tableLines } from './text-table.js';

describe('tables', () => {
  it('aligns columns, numbers at the right', () => {
    const columns = [{ title: 'node' }, { title: 'time', align: 'right' as const }, { title: 'why' }];
    const rows = [
      ['load', '0.05 s', 'x'],
      ['良', '12.3 s', ''],
    ];
    expect(tableLines(columns, rows)).toEqual(['  node    time  why', '  load  0.05 s  x', '  良    12.3 s']);
  });

  it('leaves out a column that says nothing', () => {
    expect(tableLines([{ title: 'a' }, { title: 'empty' }, { title: 'b' }], [['1', '', '2']])).toEqual([
      '  a  b',
      '  1  2',
    ]);
  });
});
