/** What must hold for weeks: nothing is left behind, nothing aborts, nothing that was told is lost. Each experiment is one long trial. */
import type { Suite, SuiteContext } from '../harness/suite.js';
import { closes } from './endurance/closes.js';
import { cycles } from './endurance/cycles.js';
import { exits } from './endurance/exits.js';
import { kills } from './endurance/kills.js';
import { shutdowns } from './endurance/shutdowns.js';

export function endurance(context: SuiteContext): Suite {
  return {
    name: 'endurance',
    rows: [cycles(context), closes(context), shutdowns(context), exits(context), kills(context)],
  };
}
