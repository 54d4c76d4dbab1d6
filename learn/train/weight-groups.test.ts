import { describe, expect, it } from 'vitest';
import { resolveGroups } from '../optimizers/index.js';
import { parameterGroups, type WeightGroup } from './weight-groups.js';

const parameters = [
  { name: 'body.weight', shape: [4, 4] },
  { name: 'body.bias', shape: [4] },
  { name: 'norm.scale', shape: [4] },
  { name: 'head.weight', shape: [2, 4] },
];

/** What each weight is trained with. */
function settingsOf(groups: readonly WeightGroup[], decaysOnlyMatrices: boolean) {
  const resolved = resolveGroups(parameters, parameterGroups(parameters, groups, decaysOnlyMatrices));
  return Object.fromEntries(
    [...resolved].map(([name, { learningRateScale, settings }]) => [name, { learningRateScale, ...settings }]),
  );
}

describe('groups of weights', () => {
  it('are those that are named', () => {
    expect(settingsOf([{ parameters: ['body.*'], learningRateScale: 0.1 }], false)).toEqual({
      'body.weight': { learningRateScale: 0.1 },
      'body.bias': { learningRateScale: 0.1 },
    });
  });

  it('lose their decay where only matrices decay, whatever group they are in', () => {
    expect(settingsOf([{ parameters: ['body.*'], learningRateScale: 0.1, weightDecay: 0.5 }], true)).toEqual({
      'body.weight': { learningRateScale: 0.1, weightDecay: 0.5 },
      'body.bias': { learningRateScale: 0.1, weightDecay: 0 },
      'norm.scale': { learningRateScale: 1, weightDecay: 0 },
    });
  });

  it('are none where nothing is asked for, and none is empty', () => {
    expect(parameterGroups(parameters, [], false)).toEqual([]);
    expect(parameterGroups([parameters[0]!], [], true)).toEqual([]);
  });

  it('may name one weight twice, but not in two groups', () => {
    expect(settingsOf([{ parameters: ['head.*', 'head.weight'], weightDecay: 0 }], false)).toHaveProperty([
      'head.weight',
    ]);
    expect(() => settingsOf([{ parameters: ['head.*'] }, { parameters: ['*.weight'] }], false)).toThrow(
      '"head.weight" is in group 1 and in group 2: keep it in one of them',
    );
  });

  it('must fit a weight', () => {
    expect(() => settingsOf([{ parameters: ['tail.*'] }], false)).toThrow(
      'group 1: no trained weight is called "tail.*": there is "body.weight", "body.bias"',
    );
  });
});
