import { describe, expect, it } from 'vitest';
import type { DoctorCheck, Finding } from '../doctor/check.js';
import { EXIT } from '../exit-codes.js';
import { surroundingsWith } from '../testing/doubles.js';
import { examine } from './doctor.js';

const check = (name: string, needed: boolean, finding: Finding | Error): DoctorCheck => ({
  name,
  needed,
  async check() {
    if (finding instanceof Error) throw finding;
    return finding;
  },
});

const OK: Finding = { state: 'ok', detail: 'works' };
const ABSENT: Finding = { state: 'not available', detail: 'no GPU', remedy: 'buy one' };

function withChecks(...checks: DoctorCheck[]) {
  return surroundingsWith({ doctorChecks: async () => checks });
}

describe('ganglion doctor', () => {
  it('prints a table and the remedies, and ends with 0 when everything that is needed works', async () => {
    const surroundings = withChecks(check('cpu', true, OK), check('cuda', false, ABSENT));
    expect(await examine({}, surroundings)).toBe(EXIT.done);
    expect(surroundings.stdout.text.split('\n')).toEqual([
      '  what  state          found',
      '  cpu   ok             works',
      '  cuda  not available  no GPU',
      '',
      'How to mend it:',
      '  cuda: buy one',
      '',
      'Everything that is needed works.',
      '',
    ]);
  });

  it('ends with 1 when something that is needed does not work, be it that its check breaks', async () => {
    const surroundings = withChecks(check('store', true, new Error('no binary\nfor this')), check('cuda', false, OK));
    expect(await examine({}, surroundings)).toBe(EXIT.failed);
    expect(surroundings.stdout.text).toContain('store  problem  no binary; for this');
    expect(surroundings.stdout.text).toContain('does not work');
  });

  it('prints with --json one document', async () => {
    const surroundings = withChecks(check('cpu', true, OK), check('cuda', false, ABSENT));
    await examine({ json: true }, surroundings);
    expect(JSON.parse(surroundings.stdout.text)).toEqual({
      ok: true,
      checks: [
        { name: 'cpu', needed: true, ...OK },
        { name: 'cuda', needed: false, ...ABSENT },
      ],
    });
  });

  it('ends at Ctrl-C without a verdict', async () => {
    const surroundings = surroundingsWith({
      doctorChecks: async ({ signal }) => [
        {
          name: 'slow',
          needed: true,
          check: () => new Promise<Finding>((resolve) => signal.addEventListener('abort', () => resolve(OK))),
        },
        check('never tried', true, new Error('was tried')),
      ],
    });
    const code = examine({}, surroundings);
    await expect.poll(() => surroundings.signals.listeners).toBe(1);
    surroundings.signals.send('SIGINT');
    expect(await code).toBe(130);
    expect(surroundings.stdout.text).toBe('');
  });
});
