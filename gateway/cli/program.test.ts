import { describe, expect, it } from 'vitest';
import { EXIT } from './exit-codes.js';
import { runProgram } from './program.js';
import type { Engine } from './surroundings.js';
import { surroundingsWith } from './testing/doubles.js';
import { temporaryFolder } from './testing/temporary-folder.js';

const COMMANDS = ['run', 'validate', 'nodes', 'train', 'serve', 'doctor'];

async function call(args: readonly string[], engine: Partial<Engine> = {}) {
  const surroundings = surroundingsWith(engine, { workingDirectory: temporaryFolder() });
  const code = await runProgram(args, surroundings);
  return { code, out: surroundings.stdout.text, err: surroundings.stderr.text };
}

describe('the command line', () => {
  it('prints its version', async () => {
    expect(await call(['--version'])).toEqual({ code: EXIT.done, out: '1.2.3\n', err: '' });
  });

  it('names every command in its help', async () => {
    const { code, out, err } = await call(['--help']);
    expect([code, err]).toEqual([EXIT.done, '']);
    for (const command of COMMANDS) expect(out).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
  });

  it.each(COMMANDS)('gives %s a help with examples', async (command) => {
    const { code, out } = await call([command, '--help']);
    expect(code).toBe(EXIT.done);
    expect(out).toContain(`Usage: ganglion ${command}`);
    expect(out).toMatch(new RegExp(`Examples:\n  \\$ ganglion ${command}`));
  });

  it('shows its help on standard error when no command is named', async () => {
    const { code, out, err } = await call([]);
    expect([code, out]).toEqual([EXIT.usage, '']);
    expect(err).toContain('Usage: ganglion');
  });

  it.each([
    [['rnu', 'w.json'], "error: unknown command 'rnu' (Did you mean run?)\n"],
    [['run', 'w.json', '--jsno'], "error: unknown option '--jsno' (Did you mean --json?)\n"],
    [['run'], "error: missing required argument 'file'\n"],
    [['run', 'a.json', 'b.json'], /^error: too many arguments.*\n$/],
    [['serve', '--port', 'http'], /^error: option '--port <n>' argument 'http' is invalid\. A port is .*\n$/],
    [['run', 'w.json', '--threads', '0'], /^error: option '--threads <n>' argument '0' is invalid\. .*\n$/],
    [['run', 'w.json', '--data-dir', ''], /^error: option '--data-dir <dir>' argument '' is invalid\..*\n$/],
    [['serve', '--cors-origin', '*'], /^error: .*patient data\.\n$/],
    [['run', 'absent.json'], /^error: .*absent\.json does not exist.*\n$/],
  ])('%j is wrong usage: one line, exit code 2', async (args, message) => {
    const { code, out, err } = await call(args);
    expect([code, out]).toEqual([EXIT.usage, '']);
    expect(err).toMatch(message);
    expect(err.trimEnd()).not.toContain('\n');
  });

  it('takes one value for each option that may be repeated, and leaves the file alone', async () => {
    const roots = ['--data-root', 'absent-folder', 'absent.json'];
    expect((await call(['run', ...roots])).err).toContain('absent.json does not exist');
  });

  it('fails with one line, and shows stacks with --debug only', async () => {
    const engine: Partial<Engine> = { catalogue: async () => Promise.reject(new Error('the registry is broken')) };
    expect(await call(['nodes'], engine)).toEqual({
      code: EXIT.failed,
      out: '',
      err: 'error: the registry is broken\n',
    });
    const { code, err } = await call(['nodes', '--debug'], engine);
    expect(code).toBe(EXIT.failed);
    expect(err).toMatch(/^error: the registry is broken\nError: .*\n +at /);
  });

  it('ends with the exit code of the command', async () => {
    const finding = { state: 'problem', detail: 'broken' } as const;
    const check = { name: 'store', needed: true, check: async () => finding };
    expect((await call(['doctor'], { doctorChecks: async () => [check] })).code).toBe(EXIT.failed);
  });
});
