/** Entry of `npm run bench`: hands the real surroundings to the command. Children of the bench's own start here as well. */
import { CHILD_FLAG, CLIENTS, isClient } from './clients/index.js';
import { systemClock } from './harness/clock.js';
import { runCommand } from './harness/command.js';
import { findProjectRoot } from './harness/project.js';
import { SUITES } from './suites/index.js';

const [first, name] = process.argv.slice(2);

if (first === CHILD_FLAG) {
  if (!isClient(name)) throw new Error(`there is no program ${name}: ${Object.keys(CLIENTS).join(', ')}`);
  await CLIENTS[name]();
} else {
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
}
