import { describe, expect, test } from 'vitest';
import { updater } from './fixtures/updater.js';
import { type ParameterGroup, resolveGroups, WITHOUT_DECAY } from './index.js';

const PARAMETERS = [
  { name: 'stem.weight', shape: [4, 3] },
  { name: 'stem.bias', shape: [4] },
  { name: 'layer4.0.weight', shape: [4, 4] },
  { name: 'layer4.norm.scale', shape: [4] },
];

const members = (...groups: ParameterGroup[]) =>
  [...resolveGroups(PARAMETERS, groups)].map(([name, group]) => [name, group.name]);

describe('the group of a parameter', () => {
  test.each<[string, ParameterGroup['parameters'], string[]]>([
    ['by names', ['stem.bias', 'stem.weight'], ['stem.bias', 'stem.weight']],
    ['by the start of names', ['layer4.*'], ['layer4.0.weight', 'layer4.norm.scale']],
    ['by the end of names', ['*.weight'], ['stem.weight', 'layer4.0.weight']],
    ['by parts of names', ['l*.n*.s*e'], ['layer4.norm.scale']],
    ['by overlapping patterns', ['layer4.*', '*.scale'], ['layer4.0.weight', 'layer4.norm.scale']],
    ['by a kind', 'biases_and_normalisation', ['stem.bias', 'layer4.norm.scale']],
    ['by a function', ({ shape }) => shape[1] === 3, ['stem.weight']],
  ])('is chosen %s', (_, parameters, expected) => {
    expect(members({ name: 'some', parameters })).toEqual(expected.map((name) => [name, 'some']));
  });

  test('a pattern does not use a character twice', () => {
    const named = [{ name: 'aba', shape: [] }];
    expect(() => resolveGroups(named, [{ name: 'g', parameters: ['ab*ba'] }])).toThrow(/"ab\*ba"/);
  });

  test.each<[RegExp, ParameterGroup[]]>([
    [
      /"stem.bias" is in the groups "a" and "b"/,
      [
        { name: 'a', parameters: ['stem.*'] },
        { name: 'b', parameters: 'biases_and_normalisation' },
      ],
    ],
    [/the parameter group "a": no trained parameter is called "head"/, [{ name: 'a', parameters: ['head'] }]],
    [/"a" is empty/, [{ name: 'a', parameters: [] }]],
    [/"a" is empty/, [{ name: 'a', parameters: () => false }]],
    [
      /two parameter groups are called "a"/,
      [
        { name: 'a', parameters: ['stem.bias'] },
        { name: 'a', parameters: ['stem.weight'] },
      ],
    ],
    [/learningRateScale .* "a" is >= 0, not -1/, [{ name: 'a', parameters: ['stem.bias'], learningRateScale: -1 }]],
    [/the kind "matrices"/, [{ name: 'a', parameters: 'matrices' as never }]],
  ])('refuses what is wrong: %s', (message, groups) => {
    expect(() => resolveGroups(PARAMETERS, groups)).toThrow(message);
  });
});

describe('a group trains', () => {
  const start = { weight: [1, 2, 3, 4], bias: [1, -1] };
  const shapes = { weight: [2, 2] };
  const gradients = { weight: [0.1, -0.2, 0.3, 0.4], bias: [0.5, -0.6] };
  /** Three steps, each parameter as if it were alone with those settings. */
  const alone = async (name: 'weight' | 'bias', settings: Parameters<typeof updater>[0], rate: number) => {
    const graph = await updater(settings, { [name]: start[name] });
    let last: number[] = [];
    for (let step = 0; step < 3; step++) last = (await graph.step({ [name]: gradients[name] }, rate))[name]!;
    await graph.release();
    return last;
  };
  const together = async (settings: Parameters<typeof updater>[0], groups: ParameterGroup[]) => {
    const graph = await updater(settings, start, { groups, shapes });
    let last: Record<string, number[]> = {};
    for (let step = 0; step < 3; step++) last = await graph.step(gradients, 0.1);
    await graph.release();
    return last;
  };

  test('with its own share of the learning rate', async () => {
    const settings = { type: 'sgd', momentum: 0.9 } as const;
    const { weight, bias } = await together(settings, [{ name: 'slow', parameters: ['bias'], learningRateScale: 0.5 }]);
    expect(weight).toEqual(await alone('weight', settings, 0.1));
    expect(bias).toEqual(await alone('bias', settings, 0.05));
  });

  test('with its own settings, and state of its own shape', async () => {
    const settings = { type: 'nadam', weightDecay: 0.1 } as const;
    const { weight, bias } = await together(settings, [
      { name: 'own', parameters: ['bias'], beta1: 0.5, weightDecay: 0 },
    ]);
    expect(weight).toEqual(await alone('weight', settings, 0.1));
    expect(bias).toEqual(await alone('bias', { type: 'nadam', beta1: 0.5 }, 0.1));
  });

  test('biases and normalisation without decay', async () => {
    const { weight, bias } = await together({ type: 'adamw', weightDecay: 0.3 }, [WITHOUT_DECAY]);
    expect(weight).toEqual(await alone('weight', { type: 'adamw', weightDecay: 0.3 }, 0.1));
    expect(bias).toEqual(await alone('bias', { type: 'adamw', weightDecay: 0 }, 0.1));
  });

  test('not at all with a share of 0', async () => {
    const { bias } = await together({ type: 'adam' }, [{ name: 'frozen', parameters: ['bias'], learningRateScale: 0 }]);
    expect(bias).toEqual(start.bias);
  });

  test('only with settings that the optimiser has, and in their range', async () => {
    const group = { name: 'odd', parameters: ['bias'] };
    await expect(together({ type: 'sgd' }, [{ ...group, beta1: 0.5 }])).rejects.toThrow(
      /sgd of the parameter group "odd" has no setting "beta1"/,
    );
    await expect(together({ type: 'sgd' }, [{ ...group, weightDecay: -1 }])).rejects.toThrow(/"odd": weightDecay/);
  });
});
