/** The suites by name: one line for each file of this folder. */
import type { SuiteEntry } from '../harness/command.js';

export const SUITES: Readonly<Record<string, SuiteEntry>> = {
  spine: {
    about: 'what a newcomer meets first: the size of an installation and the time to the end of the demo',
    load: async () => (await import('./spine.js')).spine,
  },
};
