/** What everything else stands on, and what a newcomer meets first. Every row, or experiment, is a function of its own, in a file of its own. */
import type { Suite, SuiteContext } from '../harness/suite.js';
import { demoTime } from './spine/demo-time.js';
import { eventLatencyIdle } from './spine/event-latency.js';
import { installSize } from './spine/install-size.js';
import { underTraining } from './spine/under-training.js';

export function spine(context: SuiteContext): Suite {
  return {
    name: 'spine',
    rows: [installSize(context), demoTime(context), eventLatencyIdle(context), underTraining(context)],
  };
}
