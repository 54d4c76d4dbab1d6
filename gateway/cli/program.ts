/** The commands, their options and their help. What a command does is loaded when it is called. */
import { Command, CommanderError } from 'commander';
import {
  addDataOptions,
  dataDirOption,
  nodesOption,
  parseHostName,
  parseOrigin,
  parsePort,
  parseThreads,
  repeatable,
} from './arguments.js';
import { EXIT } from './exit-codes.js';
import { describeFailure, exitCodeOfFailure, oneLine } from './failure.js';
import type { Surroundings } from './surroundings.js';

const EXIT_CODES =
  '\nExit codes: 0 done, 1 failed, 2 wrong usage or invalid file, 130 after Ctrl-C, 143 after SIGTERM.';

function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ganglion ${line}\n`).join('')}`;
}

const JSON_FLAG = '--json';
const EVENTS = ['--events <file>', 'append every event to this file, a JSON line each'] as const;
const THREADS = [
  '--threads <n>',
  'threads that light nodes share; default: the cores of the machine',
  parseThreads,
] as const;

/**
 * Reads the arguments and runs the command they name.
 * @param args without the program and the script
 * @returns the exit code; never rejects
 */
export async function runProgram(args: readonly string[], surroundings: Surroundings): Promise<number> {
  let exitCode: number = EXIT.done;
  const ends = (code: number): void => {
    exitCode = code;
  };
  const program = programOf(surroundings, ends);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    // Its message has been written already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    surroundings.stderr.write(describeFailure(error, args.includes('--debug')));
    return exitCodeOfFailure(error);
  }
}

function programOf(surroundings: Surroundings, ends: (exitCode: number) => void): Command {
  const { stdout, stderr, version } = surroundings;
  const program = new Command('ganglion')
    .description('Trains and runs medical machine-learning workflows on ONNX Runtime, in worker threads, live.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getOutHelpWidth: () => stdout.columns ?? 100,
      getErrHelpWidth: () => stderr.columns ?? 100,
      outputError: (text, write) => write(`${oneLine(text).replace(/; \((Did you mean .*)\)$/, ' ($1)')}\n`),
    })
    .addHelpText(
      'after',
      `${examples('run examples/wdbc.json', 'train job.json --events events.jsonl', 'serve --port 8000', 'doctor')}${EXIT_CODES}`,
    );

  const add = (name: string, description: string): Command =>
    program.command(name).description(description).option('--debug', 'print stacks of errors');

  addDataOptions(add('run <file>', 'Run a workflow (JSON) and show it live.'))
    .option(JSON_FLAG, "print the run's result as one JSON document; everything else goes to standard error")
    .option(...EVENTS)
    .option(...THREADS)
    .addOption(nodesOption())
    .addHelpText(
      'after',
      examples(
        'run examples/wdbc.json',
        'run workflow.json --json > result.json',
        'run workflow.json --data-root /data/cohort --events events.jsonl',
      ) + EXIT_CODES,
    )
    .action(async (file: string, flags) => {
      const { runWorkflow } = await import('./commands/run.js');
      ends(await runWorkflow(file, flags, surroundings));
    });

  add('validate <file>', 'Check a workflow (JSON): every fault at once, nothing is started.')
    .option(JSON_FLAG, 'print {"valid", "errors"} as one JSON document')
    .addOption(nodesOption())
    .addHelpText('after', examples('validate workflow.json', 'validate workflow.json --nodes ./my-nodes.mjs --json'))
    .action(async (file: string, flags) => {
      const { validateWorkflow } = await import('./commands/validate.js');
      ends(await validateWorkflow(file, flags, surroundings));
    });

  add('nodes', 'List the node types that workflows may use.')
    .option(JSON_FLAG, 'print them with the JSON Schema of their config, as GET /api/v1/workflows/nodes does')
    .addOption(nodesOption())
    .addHelpText('after', examples('nodes', 'nodes --nodes ./my-nodes.mjs --json'))
    .action(async (flags) => {
      const { listNodes } = await import('./commands/nodes.js');
      ends(await listNodes(flags, surroundings));
    });

  addDataOptions(add('train <file>', 'Train a network from the request of a job (JSON) and show its epochs live.'))
    .option(JSON_FLAG, "print the job's status at its end as one JSON document; everything else goes to standard error")
    .option(...EVENTS)
    .addHelpText(
      'after',
      `${examples('train job.json', 'train job.json --json > status.json')}
A request names data, network and training, the same words as POST /api/v1/training/start:
  {"data_config": {"dataset": "wdbc"}, "model_config": {"type": "mlp"}, "training_config": {"epochs": 20}}
"model_config": {"onnx": "network.onnx", "trainable": "head"} fine-tunes a network that any exporter left.
Ctrl-C stops the job with a checkpoint; "resume_from" in the request goes on from it.${EXIT_CODES}`,
    )
    .action(async (file: string, flags) => {
      const { trainModel } = await import('./commands/train.js');
      ends(await trainModel(file, flags, surroundings));
    });

  addDataOptions(add('serve', 'Serve the HTTP and WebSocket API until Ctrl-C.'))
    .option('--host <address>', 'loopback address to listen on', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0 takes a free one', parsePort, 8000)
    .addOption(repeatable('--allow-host <name>', 'a further name that the Host header may carry', parseHostName))
    .addOption(repeatable('--cors-origin <origin>', 'an origin whose pages may call the API', parseOrigin))
    .option(...THREADS)
    .addOption(nodesOption())
    .addHelpText(
      'after',
      examples('serve', 'serve --port 0 --data-dir /var/lib/ganglion', 'serve --cors-origin http://localhost:3000'),
    )
    .action(async (flags) => {
      const { serveGateway } = await import('./commands/serve.js');
      ends(await serveGateway(flags, surroundings));
    });

  add('doctor', 'Try everything that is needed on this machine, and say how to mend what does not work.')
    .option(JSON_FLAG, 'print {"ok", "checks"} as one JSON document')
    .addOption(dataDirOption())
    .addHelpText('after', examples('doctor', 'doctor --data-dir /var/lib/ganglion --json'))
    .action(async (flags) => {
      const { examine } = await import('./commands/doctor.js');
      ends(await examine(flags, surroundings));
    });

  return program;
}
