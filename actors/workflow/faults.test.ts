import { describe, expect, it } from 'vitest';
import { cycleMessage, type FaultCode, FaultList, isCycle, MOST_FAULTS } from './faults.js';

describe('FaultList', () => {
  it('lists up to its bound, counts the rest without making their messages, and always lists what it must', () => {
    const list = new FaultList();
    let made = 0;
    const make = () => {
      made += 1;
      return { code: 'missing_node' as const, message: 'x' };
    };
    for (let fault = 0; fault < MOST_FAULTS + 5; fault++) list.add(make);
    list.add(() => ({ code: 'cycle', message: 'c' }), true);
    list.addUnlisted(2);
    expect(made).toBe(MOST_FAULTS);
    expect(list.count).toBe(MOST_FAULTS + 8);
    expect(list.all().slice(-2)).toEqual([
      { code: 'cycle', message: 'c' },
      { code: 'more_faults', message: 'and 7 more faults' },
    ]);
  });
});

describe('a cycle', () => {
  it('is named node by node, back to its beginning', () => {
    expect(cycleMessage(['a', 'b'])).toBe('工作流包含循环依赖: a -> b -> a');
  });

  it.each<[FaultCode, boolean]>([
    ['cycle', true],
    ['self_edge', true],
    ['missing_node', false],
  ])('%s is one: %s', (code, expected) => {
    expect(isCycle({ code, message: '' })).toBe(expected);
  });
});
