import { describe, expect, it } from 'vitest';
import { InvalidRequest, InvalidWorkflow } from '../../actors/runtime-types.js';
import { EXIT } from './exit-codes.js';
import {
  CommandFailure,
  describeFailure,
  exitCodeOfFailure,
  faultLine,
  issueLine,
  misuse,
  printable,
} from './failure.js';
import { resultWith } from './testing/fake-runtime.js';

describe('failures', () => {
  it('are one line on standard error, whatever the message holds', () => {
    expect(describeFailure(new Error('first\n  second\r\n'), false)).toBe('error: first; second\n');
    expect(describeFailure('thrown text', false)).toBe('error: thrown text\n');
    expect(describeFailure(new Error(''), false)).toBe('error: failed without a message\n');
  });

  it('show stacks and causes to who debugs, and to nobody else', () => {
    const error = new Error('outer', { cause: new Error('inner') });
    expect(describeFailure(error, false)).not.toContain('failure.test');
    expect(describeFailure(error, true)).toMatch(/failure\.test[\s\S]*caused by: Error: inner/);
  });

  it('are a line for each fault of a workflow, with its node or edge', () => {
    const faults = [
      { code: 'unknown_type', message: 'node "a": no node type is called "x"', node_id: 'a' },
      { code: 'cycle', message: 'circle: b -> c -> b', node_id: 'b' },
      { code: 'invalid_shape', message: 'edges.0.target: is required', edge_id: 'e1' },
      { code: 'empty_workflow', message: 'the workflow has no node' },
    ] as const;
    expect(describeFailure(new InvalidWorkflow(faults, resultWith('error')), false).split('\n')).toEqual([
      'error: node "a": no node type is called "x" [unknown_type]',
      'error: node "b": circle: b -> c -> b [cycle]',
      'error: edge "e1": edges.0.target: is required [invalid_shape]',
      'error: the workflow has no node [empty_workflow]',
      '',
    ]);
  });

  it('are a line for each issue of a request, with its place in the file', () => {
    const issues = [{ loc: ['body', 'training_config', 'epochs'], msg: 'must be at least 1', type: 'too_small' }];
    expect(describeFailure(new InvalidRequest(issues), false)).toBe(
      'error: training_config.epochs: must be at least 1\n',
    );
    expect(issueLine({ loc: [], msg: 'expected an object', type: 'invalid_type' })).toBe('expected an object');
  });

  it('decide the exit code', () => {
    expect(exitCodeOfFailure(misuse('wrong option'))).toBe(EXIT.usage);
    expect(exitCodeOfFailure(new CommandFailure(143, 'x'))).toBe(143);
    expect(exitCodeOfFailure(new InvalidRequest([]))).toBe(EXIT.usage);
    expect(exitCodeOfFailure(Object.assign(new Error('x'), { code: 'invalid', faults: [] }))).toBe(EXIT.usage);
    expect(exitCodeOfFailure(new Error('x'))).toBe(EXIT.failed);
  });

  it('cannot move the cursor of the terminal', () => {
    expect(printable('a\u001b[2Jb')).toBe('a\ufffd[2Jb');
    expect(faultLine({ code: 'cycle', message: 'x\u001b[31m' })).not.toContain('\u001b');
  });
});
