/** The rows of one folder of test models: how many models came to which end, and whether none failed. */
import type { Experiment, RowPlan, SuiteContext } from '../../harness/suite.js';
import { checkModel, VERDICTS, type Verdict } from './check-model.js';
import { Report } from './report.js';
import { COLLECTIONS, type Collection, findTestData, HOW_TO_INSTALL, modelNames, readTestModel } from './test-data.js';

/** In ms; all models take about a minute on two cores. */
const DEADLINE = 1_200_000;
/** Of many models, one in this many with `--quick`. */
const QUICK_STEP = 20;

const ABOUT: Readonly<Record<Verdict['kind'], string>> = {
  passed: 'gave the expected outputs, and gradients that agree with finite differences',
  failed: 'gave wrong outputs or wrong gradients',
  refused: 'were refused with a reason: an operator or a type that we do not have',
  not_differentiable: 'gave the expected outputs and have no gradient: whole numbers, random numbers',
  no_kernel: 'ONNX Runtime does not run, or runs to other outputs than expected',
};

export function collection({ quick }: SuiteContext, name: Collection): readonly (RowPlan | Experiment)[] {
  const row = COLLECTIONS[name];
  let report: Report | undefined;

  const check = async (signal: AbortSignal): Promise<Report> => {
    const folder = findTestData();
    if (folder === undefined) throw new Error(`ONNX's test data is not there: ${HOW_TO_INSTALL}`);
    const found = new Report();
    for (const [index, model] of modelNames(folder, name).entries()) {
      if (quick && index % QUICK_STEP !== 0) continue;
      signal.throwIfAborted();
      found.add(model, await checkModel(readTestModel(folder, name, model)));
    }
    report = found;
    return found;
  };

  const counts: Experiment = {
    rows: [
      { name: `${row}_tried`, about: `models of ${name}`, unit: 'models', better: 'higher' },
      ...VERDICTS.map((kind) => ({
        name: `${row}_${kind}`,
        about: `models of ${name} that ${ABOUT[kind]}`,
        unit: 'models',
        better: kind === 'passed' ? ('higher' as const) : ('lower' as const),
      })),
    ],
    exact: true,
    deadline: DEADLINE,
    open: () => ({
      async measure({ signal }) {
        const found = await check(signal);
        const entries = VERDICTS.map((kind) => [`${row}_${kind}`, found.count(kind)] as const);
        return { [`${row}_tried`]: found.tried, ...Object.fromEntries(entries) };
      },
      note(of) {
        const kind = VERDICTS.find((verdict) => of === `${row}_${verdict}`);
        if (kind === undefined || kind === 'passed') return undefined;
        return report?.reasons(kind) || undefined;
      },
    }),
  };

  // A row of its own: its error, unlike a figure, ends the command with exit code 1.
  const agreement: RowPlan = {
    name: `${row}_agreement`,
    about: `part of the models of ${name} that did not fail; an error when one failed`,
    unit: 'ratio',
    better: 'higher',
    exact: true,
    deadline: DEADLINE,
    open: () => ({
      async measure({ signal }) {
        const found = report ?? (await check(signal));
        if (found.count('failed') > 0)
          throw new Error(`${found.count('failed')} of ${found.tried} models failed:${found.reasons('failed')}`);
        return 1;
      },
    }),
  };
  return [counts, agreement];
}
