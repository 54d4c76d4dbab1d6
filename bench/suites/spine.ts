/** What a newcomer meets first. Every row is a function of its own, in a file of its own. */
import type { Suite, SuiteContext } from '../harness/suite.js';
import { demoTime } from './spine/demo-time.js';
import { installSize } from './spine/install-size.js';

export function spine(context: SuiteContext): Suite {
  return { name: 'spine', rows: [installSize(context), demoTime(context)] };
}
