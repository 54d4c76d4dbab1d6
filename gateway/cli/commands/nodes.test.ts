import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../exit-codes.js';
import { installedEngine } from '../installed-engine.js';
import { capturedOutput, catalogueWith, surroundingsWith } from '../testing/doubles.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { listNodes } from './nodes.js';

const TYPES = [
  {
    type: 'trainer',
    category: 'training',
    inputs: ['model', 'dataset'],
    required_inputs: ['model'],
    outputs: ['trained_model'],
    description: 'Trains a network and picks the best epoch',
  },
];

describe('ganglion nodes', () => {
  it('lists types with their ports; an optional input has a question mark', async () => {
    const surroundings = surroundingsWith({ catalogue: async () => catalogueWith([], TYPES) });
    expect(await listNodes({}, surroundings)).toBe(EXIT.done);
    expect(surroundings.stdout.text.split('\n').slice(0, 2)).toEqual([
      '  type     category  inputs           outputs        description',
      '  trainer  training  model, dataset?  trained_model  Trains a network and picks the best epoch',
    ]);
  });

  it('breaks descriptions so that the table fits the screen', async () => {
    const stdout = capturedOutput({ isTerminal: true, columns: 84 });
    const environment = { NO_COLOR: '1' };
    await listNodes({}, surroundingsWith({ catalogue: async () => catalogueWith([], TYPES) }, { stdout, environment }));
    const table = stdout.text.split('\n').slice(0, 3);
    expect(table[2]).toMatch(/^ +best epoch$/);
    for (const line of table) expect(line.length).toBeLessThan(84);
  });

  it('gives with --json what the HTTP route gives', async () => {
    const surroundings = surroundingsWith({ catalogue: async () => catalogueWith([], TYPES) });
    await listNodes({ json: true }, surroundings);
    expect(JSON.parse(surroundings.stdout.text)).toEqual({ nodes: TYPES });
  });

  it('knows the node types of the package and those of a module of the user', async () => {
    const workingDirectory = temporaryFolder();
    const source = `
      import { z } from ${JSON.stringify(import.meta.resolve('zod'))};
      export default {
        type: 'my_node', version: 1, name: 'Mine', category: 'mine', description: 'My own',
        inputs: {}, outputs: {}, config: z.object({}), weight: 'light', run: () => ({}),
      };`;
    writeFileSync(join(workingDirectory, 'mine.mjs'), source);
    const { catalogue } = installedEngine();
    const surroundings = surroundingsWith({ catalogue }, { workingDirectory });
    await listNodes({ json: true, nodes: ['mine.mjs'] }, surroundings);
    const { nodes } = JSON.parse(surroundings.stdout.text) as { nodes: { type: string }[] };
    expect(nodes.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['dataset_loader', 'trainer', 'evaluator', 'my_node']),
    );
  });
});
