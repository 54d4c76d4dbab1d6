/** Runtimes opened, put to work and closed again in one process: what does each leave behind? */
import { clientSettings } from '../../clients/index.js';
import type { ProcessSample } from '../../clients/process-sample.js';
import { type LineChild, startLineChild } from '../../harness/line-child.js';
import type { Experiment, SuiteContext } from '../../harness/suite.js';
import { withTemporaryFolder } from '../../harness/temporary-folder.js';
import { growthCount } from './growth.js';

const CLOSES = 15;
const QUICK_CLOSES = 6;
const DEADLINE = 5 * 60_000;

const COUNTS = {
  close_thread_growth: 'threads',
  close_handle_growth: 'handles',
  close_file_growth: 'openFiles',
} as const;

export function closes({ root, clock, quick }: SuiteContext): Experiment {
  const count = quick ? QUICK_CLOSES : CLOSES;
  const trial = `${count} runtimes in one process, each closed while two jobs train`;
  const row = { better: 'lower', floor: { value: 0 } } as const;
  return {
    rows: [
      ...Object.entries(COUNTS).map(([name, what]) => ({
        name,
        about: `${trial}: how many more ${what} are left at the least in the last third than in the second`,
        unit: what === 'openFiles' ? 'files' : what,
        ...row,
      })),
      {
        name: 'close_bad_exit',
        about: `${trial}: 1 if the process did not end by itself with 0`,
        unit: 'failures',
        ...row,
      },
    ],
    exact: true,
    deadline: DEADLINE,
    open() {
      const samples: ProcessSample[] = [];
      let program: LineChild | undefined;
      return {
        measure: ({ signal }) =>
          withTemporaryFolder(async (folder) => {
            program = startLineChild(clientSettings('embedding-program', { root, clock }, [folder], ['--expose-gc']));
            await program.answer(signal);
            for (let round = 0; round < count; round++)
              samples.push((await program.request({ round }, signal)) as unknown as ProcessSample);
            const { code } = await program.stop();
            const growth = Object.entries(COUNTS).map(([name, what]) => [
              name,
              growthCount(samples.map((sample) => sample[what] ?? 0)),
            ]);
            return { ...Object.fromEntries(growth), close_bad_exit: code === 0 ? 0 : 1 };
          }),
        close: async () => void (await program?.stop()),
        note: (name) => {
          const what = COUNTS[name as keyof typeof COUNTS];
          return what && samples.map((sample) => sample[what] ?? '?').join(' ');
        },
      };
    },
  };
}
