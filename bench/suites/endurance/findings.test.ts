import { expect, it } from 'vitest';
import { Findings } from './findings.js';

it('counts by row, 0 where nothing was found', () => {
  const findings = new Findings(['aborts', 'orphans']);
  findings.add('aborts', 'server 3');
  findings.add('aborts', 'server 9');
  expect(findings.counts()).toEqual({ aborts: 2, orphans: 0 });
});

it('tells the first three in words, and how many there are beside them', () => {
  const findings = new Findings(['aborts', 'orphans']);
  for (let server = 1; server <= 5; server++) findings.add('aborts', `server ${server}`);
  expect(findings.note('aborts')).toBe('server 1; server 2; server 3 (and 2 more)');
  expect(findings.note('orphans')).toBeUndefined();
});
