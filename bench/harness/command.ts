/** The command line: `npm run bench -- SUITE [--json FILE] [--quick] [--list] [--help]`. */
import { Command, CommanderError } from 'commander';
import type { Clock } from './clock.js';
import { FULL_ROUNDS, QUICK_ROUNDS } from './defaults.js';
import { describeMachine, formatMachine } from './machine.js';
import { writeResult } from './result-file.js';
import { runSuite, type SuiteOutcome } from './run-suite.js';
import { describedRows, type Suite, type SuiteContext } from './suite.js';
import { formatTable } from './table.js';

/** A suite by name. It is imported only when it is asked for: a broken one does not take the others with it. */
export interface SuiteEntry {
  readonly about: string;
  load(): Promise<(context: SuiteContext) => Suite>;
}

export interface CommandSurroundings {
  readonly root: string;
  readonly suites: Readonly<Record<string, SuiteEntry>>;
  readonly clock: Clock;
  /** Aborted when the user interrupts. */
  readonly signal: AbortSignal;
  /** The table, and what was asked for. */
  out(text: string): void;
  /** Progress and errors. */
  err(text: string): void;
}

/** What the process ends with. A floor that was missed is a finding, not a failure. */
export const EXIT = { ran: 0, failed: 1, usage: 2 } as const;

interface Options {
  readonly json?: string;
  readonly quick?: boolean;
  readonly list?: boolean;
  readonly only?: string;
}

/** @returns the exit code */
export async function runCommand(args: readonly string[], surroundings: CommandSurroundings): Promise<number> {
  const command = new Command('npm run bench --')
    .description(`Measures a suite in ${FULL_ROUNDS} interleaved rounds and prints a table.`)
    .argument('[suite]', 'the suite to run; --list names them')
    .option('--json <file>', 'write the result, with every figure and the machine, to this file as well')
    .option('--quick', `${QUICK_ROUNDS} rounds only: shows that the suite works, not to be quoted`)
    .option('--only <row>', 'measure only the part of the suite that feeds this row, or rows whose names begin so')
    .option('--list', 'list the suites, or the rows of the one that is named, and measure nothing')
    .addHelpText(
      'after',
      '\nEnds with 0 when everything ran, floors met or not; 1 when a row failed; 2 for wrong usage.',
    )
    .exitOverride()
    .configureOutput({ writeOut: surroundings.out, writeErr: surroundings.err });
  try {
    command.parse([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ran : EXIT.usage;
    throw error;
  }
  const options = command.opts<Options>();
  const name = command.args[0];
  if (name === undefined) {
    if (options.list) return listSuites(surroundings);
    surroundings.err(`error: which suite? ${knownSuites(surroundings)}\n`);
    return EXIT.usage;
  }
  const entry = Object.hasOwn(surroundings.suites, name) ? surroundings.suites[name] : undefined;
  if (!entry) {
    surroundings.err(`error: there is no suite ${name}. ${knownSuites(surroundings)}\n`);
    return EXIT.usage;
  }
  try {
    const { root, clock } = surroundings;
    const suite = withOnly((await entry.load())({ root, clock, quick: options.quick === true }), options.only);
    if (suite.rows.length === 0) {
      surroundings.err(`error: suite ${name} has no row ${options.only}: npm run bench -- ${name} --list names them\n`);
      return EXIT.usage;
    }
    return options.list ? listRows(suite, surroundings) : await measureSuite(suite, options, surroundings);
  } catch (error) {
    surroundings.err(`error: suite ${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.failed;
  }
}

/** The parts of the suite that feed a row of that name, or one that begins so. */
function withOnly(suite: Suite, only: string | undefined): Suite {
  if (only === undefined) return suite;
  return { ...suite, rows: suite.rows.filter((plan) => describedRows(plan).some(({ name }) => name.startsWith(only))) };
}

function knownSuites({ suites }: CommandSurroundings): string {
  return `Known: ${Object.keys(suites).sort().join(', ')}.`;
}

function listSuites({ suites, out }: CommandSurroundings): number {
  for (const [name, { about }] of Object.entries(suites)) out(`${name}: ${about}\n`);
  return EXIT.ran;
}

function listRows(suite: Suite, { out }: CommandSurroundings): number {
  for (const plan of suite.rows) {
    const against = plan.peer ? `, against ${plan.peer.name}` : '';
    for (const { name, about, unit, better } of describedRows(plan))
      out(`${suite.name}/${name} (${unit}, ${better} is better${against}): ${about}\n`);
  }
  return EXIT.ran;
}

async function measureSuite(suite: Suite, options: Options, surroundings: CommandSurroundings): Promise<number> {
  const { root, clock, signal, out, err } = surroundings;
  // Before the first round: afterwards the load would be our own.
  const machine = describeMachine(root);
  const quick = options.quick === true;
  const outcome = await runSuite(suite, {
    clock,
    signal,
    quick,
    onRow: ({ name, about }) => err(`${suite.name}/${name}: ${about}\n`),
  });
  const { rows, absences, failures } = outcome;
  out(`${formatMachine(machine)}\n\n${formatTable(rows)}\n${closing(outcome)}`);
  if (options.json !== undefined) {
    await writeResult(options.json, {
      suite: suite.name,
      machine,
      rows,
      ...(absences.length > 0 && { absences }),
      ...(failures.length > 0 && { failures }),
      ...(quick && { quick: true }),
    });
  }
  return failures.length > 0 ? EXIT.failed : EXIT.ran;
}

/** What stands below the table: floors that are not met, rows that are absent, rows that failed. */
function closing({ rows, absences, failures }: SuiteOutcome): string {
  const unmet = rows.filter(({ floor, ok }) => floor && ok !== true).map(({ name }) => name);
  return [
    ...(unmet.length > 0 ? [`\nfloors not met: ${unmet.join(', ')}\n`] : []),
    ...absences.map(({ name, absent }) => `\nabsent ${name}: ${absent}\n`),
    ...failures.map(({ name, error }) => `\nFAILED ${name}: ${error}\n`),
  ].join('');
}
