import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../exit-codes.js';
import { installedEngine } from '../installed-engine.js';
import { catalogueWith, surroundingsWith } from '../testing/doubles.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { validateWorkflow } from './validate.js';

function setUp(content: unknown, catalogue = installedEngine().catalogue) {
  const workingDirectory = temporaryFolder();
  writeFileSync(join(workingDirectory, 'w.json'), JSON.stringify(content));
  return surroundingsWith({ catalogue }, { workingDirectory });
}

const VALID = {
  nodes: [
    { id: 'data', type: 'dataset_loader', data: { config: { dataset: 'wdbc' } } },
    { id: 'split', type: 'split' },
  ],
  edges: [{ source: 'data', target: 'split' }],
};

describe('ganglion validate', () => {
  it('finds nothing in a valid workflow, and leaves nothing behind', async () => {
    const surroundings = setUp(VALID);
    expect(await validateWorkflow('w.json', {}, surroundings)).toBe(EXIT.done);
    expect(surroundings.stdout.text).toMatch(/^valid: .*w\.json \(2 nodes, 1 edge\)\n$/);
    expect(readdirSync(surroundings.workingDirectory)).toEqual(['w.json']);
  });

  it('tells every fault at once with its node or edge', async () => {
    const surroundings = setUp({
      nodes: [
        { id: 'a', type: 'splitt' },
        { id: 'b', type: 'split' },
      ],
      edges: [{ id: 'e', source: 'b', target: 'c' }],
    });
    expect(await validateWorkflow('w.json', {}, surroundings)).toBe(EXIT.usage);
    const lines = surroundings.stderr.text.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^error: node "a": .*Did you mean "split"\? \[unknown_type\]$/);
    expect(lines[1]).toMatch(/^error: edge "e" .*\[missing_node\]$/);
    expect(lines[2]).toMatch(/^error: node "b": .*\[missing_input\]$/);
    expect(surroundings.stdout.text).toBe('');
  });

  it('prints with --json one document, valid or not', async () => {
    const faults = [{ code: 'empty_workflow', message: 'no node' }] as const;
    for (const errors of [faults, []]) {
      const surroundings = setUp({ nodes: [] }, async () => catalogueWith(errors));
      await validateWorkflow('w.json', { json: true }, surroundings);
      expect(JSON.parse(surroundings.stdout.text)).toEqual({ valid: errors.length === 0, errors });
    }
  });
});
