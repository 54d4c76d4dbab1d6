import { describe, expect, it } from 'vitest';
import { exampleRegistry } from './example-types.fixture.js';
import { readConfig } from './node-config.js';

const types = exampleRegistry();
const loader = types.find('dataset_loader')!;
const mlp = types.find('mlp')!;

describe('the config of a node', () => {
  it.each([
    ['nested', { label: 'Data', config: { dataset: 'wdbc' } }],
    ['flat', { label: 'Data', status: 'idle', position: { x: 1 }, dataset: 'wdbc', error: null }],
    ['flat beside an empty place', { dataset: 'wdbc', config: null }],
  ])('is read when it is %s, and the canvas is left out', (_, data) => {
    expect(readConfig(data, loader)).toEqual({
      config: { dataset: 'wdbc', limit: 10 },
      given: { dataset: 'wdbc' },
      faults: [],
    });
  });

  it('may be missing', () => {
    expect(readConfig({}, loader).config).toEqual({ limit: 10 });
  });

  it.each([
    ['nested', { config: { limit: 'x' } }, ['data', 'config', 'limit']],
    ['flat', { limit: 'x' }, ['data', 'limit']],
    ['nested with an unknown key', { config: { limt: 1 } }, ['data', 'config', 'limt']],
    ['flat with an unknown key', { limt: 1 }, ['data', 'limt']],
    ['no object', { config: [1] }, ['data', 'config']],
  ])('tells the place of a fault when it is %s', (_, data, loc) => {
    const read = readConfig(data, loader);
    expect(read.config).toBeUndefined();
    expect(read.faults.map((fault) => fault.loc)).toEqual([loc]);
  });

  it('never takes the title of a flat node for its label column, and says where that belongs', () => {
    const [fault, ...others] = readConfig({ label: 'Heart data', data_path: 'heart.csv' }, loader).faults;
    expect(others).toEqual([]);
    expect(fault?.loc).toEqual(['data', 'label']);
    expect(fault?.message).toContain(
      "`data.label` is the node's title on the canvas: put the setting into `data.config`",
    );
    expect(readConfig({ label: 'Title', config: { data_path: 'h.csv', label: 'num' } }, loader).config).toMatchObject({
      label: 'num',
    });
  });

  it('takes a flat `type` for config only when it is not the type of the node', () => {
    expect(readConfig({ type: 'mlp', hidden: [4] }, mlp).given).toEqual({ hidden: [4] });
    expect(readConfig({ type: 'logistic' }, mlp).config).toEqual({ type: 'logistic', hidden: [8] });
    expect(readConfig({ type: 'resnet' }, mlp).faults).toHaveLength(1);
  });

  it('refuses a setting beside `data.config`, which nobody would read', () => {
    const read = readConfig({ limit: 3, config: { dataset: 'wdbc' } }, loader);
    expect(read.faults).toEqual([
      {
        loc: ['data', 'limit'],
        message: '"limit" stands beside `data.config` and would be ignored: move it into `data.config`',
      },
    ]);
    expect(read.config).toBeUndefined();
    // A copy that the canvas keeps of a value that is there is harmless.
    expect(readConfig({ limit: 3, config: { limit: 3 } }, loader).faults).toEqual([]);
  });
});
