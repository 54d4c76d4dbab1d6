/** The suites by name: one line for each file of this folder. */
import type { SuiteEntry } from '../harness/command.js';

export const SUITES: Readonly<Record<string, SuiteEntry>> = {
  spine: {
    about:
      'what everything stands on: installation, demo, and what clients feel while training runs (events, requests, pauses)',
    load: async () => (await import('./spine.js')).spine,
  },
  endurance: {
    about: 'starts, stops, shutdowns, exits and kills by the dozen: what is left behind, aborts or gets lost',
    load: async () => (await import('./endurance.js')).endurance,
  },
};
