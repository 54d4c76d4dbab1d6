import { describe, expect, it } from 'vitest';
import { nodeVersionFinding } from './node-version.js';

describe('the version of Node', () => {
  it.each([
    ['18.20.4', 'problem', 'too old'],
    ['20.18.3', 'problem', 'too old'],
    ['20.19.0', 'ok', 'Node 20.19.0'],
    ['21.7.3', 'ok', 'Node 21.7.3'],
    ['22.22.0', 'ok', 'Node 22.22.0'],
    ['23.0.0', 'problem', 'later than'],
    ['24.1.0', 'problem', 'later than'],
  ])('%s: %s', (version, state, detail) => {
    const finding = nodeVersionFinding(version);
    expect(finding.state).toBe(state);
    expect(finding.detail).toContain(detail);
    expect(finding.remedy === undefined).toBe(state === 'ok');
  });
});
