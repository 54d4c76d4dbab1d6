import { expect, it } from 'vitest';
import { systemClock } from '../harness/clock.js';
import { findProjectRoot } from '../harness/project.js';
import { describedRows } from '../harness/suite.js';
import { SUITES } from './index.js';

it.each(Object.entries(SUITES))(
  'suite %s is known by its own name, and its rows by names of their own',
  async (name, entry) => {
    const suite = (await entry.load())({
      root: findProjectRoot(import.meta.dirname),
      clock: systemClock,
      quick: false,
    });
    expect(suite.name).toBe(name);
    expect(suite.rows.length).toBeGreaterThan(0);
    const names = suite.rows.flatMap(describedRows).map((row) => row.name);
    expect(new Set(names).size).toBe(names.length);
    for (const row of names) expect(row).toMatch(/^[a-z][a-z0-9_]*$/);
  },
);
