/** `ganglion nodes`: the node types that workflows may use. */
import { nodeModulesOf, type RuntimeFlags } from '../arguments.js';
import { paintFor } from '../colour.js';
import { EXIT } from '../exit-codes.js';
import { printable } from '../failure.js';
import { type JsonObject, textOf } from '../json-value.js';
import type { Surroundings } from '../surroundings.js';
import { tableLines } from '../text-table.js';
import { textWidth, wrap } from '../text-width.js';

export interface NodesFlags extends Pick<RuntimeFlags, 'nodes'> {
  readonly json?: boolean;
}

const COLUMNS = [
  { title: 'type' },
  { title: 'category' },
  { title: 'inputs' },
  { title: 'outputs' },
  { title: 'description' },
];

/** A description is never squeezed into less. */
const LEAST_DESCRIPTION_COLUMNS = 30;

function names(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map((name) => printable(String(name))) : [];
}

function cellsOf(node: JsonObject): string[] {
  const required = new Set(names(node['required_inputs']));
  const inputs = names(node['inputs']).map((input) => (required.has(input) ? input : `${input}?`));
  const [type, category, description] = ['type', 'category', 'description'].map((key) =>
    printable(textOf(node[key]) ?? ''),
  );
  return [type!, category!, inputs.join(', '), names(node['outputs']).join(', '), description!];
}

/** @returns the exit code */
export async function listNodes(flags: NodesFlags, surroundings: Surroundings): Promise<number> {
  const { stdout, environment, workingDirectory, engine } = surroundings;
  const nodes = (await engine.catalogue(nodeModulesOf(flags, workingDirectory))).nodeTypes();
  if (flags.json === true) {
    stdout.write(`${JSON.stringify({ nodes })}\n`);
    return EXIT.done;
  }
  const rows = nodes.map(cellsOf);
  for (const line of tableLines(COLUMNS, wrapLast(rows, stdout.columns), paintFor(stdout, environment)))
    stdout.write(`${line}\n`);
  stdout.write(
    '\nAn input with a question mark may stay unconnected. --json gives the config of each type as JSON Schema.\n',
  );
  return EXIT.done;
}

/** Breaks the last column so that the table fits the screen; in a file it stays in one line. */
function wrapLast(rows: readonly string[][], columns: number | undefined): string[][] {
  if (columns === undefined) return [...rows];
  const last = COLUMNS.length - 1;
  const before = COLUMNS.slice(0, last).reduce(
    (sum, { title }, index) => sum + 2 + Math.max(title.length, ...rows.map((row) => textWidth(row[index]!))),
    2,
  );
  const room = Math.max(LEAST_DESCRIPTION_COLUMNS, columns - before - 1);
  return rows.flatMap((row) => {
    const [first = '', ...rest] = wrap(row[last]!, room);
    return [[...row.slice(0, last), first], ...rest.map((line) => [...row.slice(0, last).map(() => ''), line])];
  });
}
