/** `ganglion doctor`: tries everything that the other commands need on this machine, and says how to mend what does not work. */
import { dataDirOf, type RuntimeFlags } from '../arguments.js';
import { paintFor, type Style } from '../colour.js';
import { type CheckResult, type CheckState, isWell, runCheck } from '../doctor/check.js';
import { EXIT } from '../exit-codes.js';
import { oneLine } from '../failure.js';
import { Interruption } from '../interruption.js';
import { canvasOn } from '../progress-view.js';
import type { Surroundings } from '../surroundings.js';
import { tableLines } from '../text-table.js';

export interface DoctorFlags extends Pick<RuntimeFlags, 'dataDir'> {
  readonly json?: boolean;
}

const STATE_STYLE: Readonly<Record<CheckState, Style>> = { ok: 'good', 'not available': 'quiet', problem: 'bad' };

/** @returns the exit code */
export async function examine(flags: DoctorFlags, surroundings: Surroundings): Promise<number> {
  const { stdout, stderr, workingDirectory, environment, engine, signals } = surroundings;
  using interruption = new Interruption(signals, () => undefined);
  const dataDir = dataDirOf(flags, workingDirectory);
  const checks = await engine.doctorChecks({ dataDir, signal: interruption.signal });
  let under = '';
  const canvas = canvasOn(stderr, surroundings, ({ paint }) =>
    under === '' ? [] : [paint('quiet', `trying ${under} ...`)],
  );
  const results: CheckResult[] = [];
  for (const check of checks) {
    if (interruption.signal.aborted) break;
    under = check.name;
    canvas.update();
    results.push(await runCheck(check));
  }
  canvas.stop();
  if (interruption.exitCode !== undefined) return interruption.exitCode;

  const well = isWell(results);
  if (flags.json === true) {
    stdout.write(`${JSON.stringify({ ok: well, checks: results })}\n`);
    return well ? EXIT.done : EXIT.failed;
  }
  const paint = paintFor(stdout, environment);
  const rows = results.map(({ name, state, detail }) => [name, paint(STATE_STYLE[state], state), oneLine(detail)]);
  const table = tableLines([{ title: 'what' }, { title: 'state' }, { title: 'found' }], rows, paint);
  const remedies = results.flatMap(({ name, state, remedy }) =>
    state === 'ok' || remedy === undefined ? [] : [`  ${name}: ${oneLine(remedy)}`],
  );
  const verdict = well
    ? paint('good', 'Everything that is needed works.')
    : paint('bad', 'Something that is needed does not work.');
  const lines = [...table, ...(remedies.length > 0 ? ['', 'How to mend it:', ...remedies] : []), '', verdict];
  stdout.write(lines.map((line) => `${line}\n`).join(''));
  return well ? EXIT.done : EXIT.failed;
}
