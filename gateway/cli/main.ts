#!/usr/bin/env node
/** Entry of the command line: hands the real surroundings to the commands. The process ends by itself, never by force. */
import { EXIT } from './exit-codes.js';
import { describeFailure } from './failure.js';
import { processSurroundings } from './process-surroundings.js';
import { runProgram } from './program.js';

const args = process.argv.slice(2);
const surroundings = processSurroundings();

let broken = false;
process.on('uncaughtException', (error) => {
  broken = true;
  surroundings.stderr.write(describeFailure(error, args.includes('--debug')));
  // Node would end the process on the spot, in the middle of native calls. This way the command ends in good order.
  process.kill(process.pid, 'SIGTERM');
});

const exitCode = await runProgram(args, surroundings);
// Set, not `process.exit`: what is still on its way to a pipe gets there.
process.exitCode = broken ? EXIT.failed : exitCode;
