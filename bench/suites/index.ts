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
  training: {
    about: 'training steps of eight networks against PyTorch at one and two threads, and on a GPU where there is one',
    load: async () => (await import('./training.js')).training,
  },
  memory: {
    about: 'what gradient checkpointing and activations in float16 save in memory, and what they cost in time',
    load: async () => (await import('./memory.js')).memory,
  },
  'onnx-testdata': {
    about: "ONNX's own test models: read, run, differentiated and compared with finite differences",
    load: async () => (await import('./onnx-testdata.js')).onnxTestdata,
  },
};
