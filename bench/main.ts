/** Entry of `npm run bench`: hands the real surroundings to the command. */
import { systemClock } from './harness/clock.js';
import { runCommand } from './harness/command.js';
import { findProjectRoot } from './harness/project.js';
import { SUITES } from './suites/index.js';

const interruption = new AbortController();
// Once: a suite puts its processes away first. Whoever presses twice means it.
process.once('SIGINT', () => interruption.abort());
process.once('SIGTERM', () => interruption.abort());

process.exitCode = await runCommand(process.argv.slice(2), {
  root: findProjectRoot(import.meta.dirname),
  suites: SUITES,
  clock: systemClock,
  signal: interruption.signal,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
});
