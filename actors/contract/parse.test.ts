import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { choice, notYet } from './available.js';
import { declaredKeys } from './keys.js';
import { issuesOf, mustParse, parse } from './parse.js';

const schema = z.strictObject({
  epochs: z.int().min(1).max(100),
  rate: z.number().gt(0).lt(1).default(0.5),
  kind: z.enum(['sgd', 'adam']).optional(),
  names: z.array(z.string()).min(1).max(2).optional(),
  weights: z.union([z.literal('balanced'), z.array(z.number())]).optional(),
  nested: z.strictObject({ patience: z.int(), mode: z.string() }).optional(),
  backbone: choice(['mlp'], ['resnet50'], 'use "mlp"').optional(),
  amp: notYet('leave it out'),
});

function faults(value: unknown) {
  const parsed = parse(schema, value, ['body']);
  return parsed.ok ? [] : parsed.issues;
}

describe('parse', () => {
  it('gives the value with its defaults', () => {
    expect(parse(schema, { epochs: 3 })).toEqual({ ok: true, value: { epochs: 3, rate: 0.5 } });
  });

  it.each([
    [{}, ['body', 'epochs'], 'missing', 'is required: expected a whole number'],
    [{ epochs: 'ten' }, ['body', 'epochs'], 'invalid_type', 'expected a whole number, received "ten"'],
    [{ epochs: 1.5 }, ['body', 'epochs'], 'invalid_type', 'expected a whole number, received 1.5'],
    [{ epochs: 0 }, ['body', 'epochs'], 'too_small', 'must be at least 1, received 0'],
    [{ epochs: 101 }, ['body', 'epochs'], 'too_big', 'must be at most 100, received 101'],
    [{ epochs: 1, rate: 0 }, ['body', 'rate'], 'too_small', 'must be greater than 0, received 0'],
    [{ epochs: 1, rate: 1 }, ['body', 'rate'], 'too_big', 'must be less than 1, received 1'],
    [{ epochs: 1, rate: Number.NaN }, ['body', 'rate'], 'invalid_type', 'expected a finite number, received NaN'],
    [
      { epochs: 1, kind: 'adma' },
      ['body', 'kind'],
      'invalid_value',
      'expected one of "sgd", "adam", received "adma". Did you mean "adam"?',
    ],
    [{ epochs: 1, names: [] }, ['body', 'names'], 'too_small', 'must not be empty'],
    [{ epochs: 1, names: ['a', 'b', 'c'] }, ['body', 'names'], 'too_big', 'needs at most 2 entries, received 3'],
    [{ epochs: 1, names: ['a', 2] }, ['body', 'names', 1], 'invalid_type', 'expected a text, received 2'],
    [{ epochs: 1, epoch: 2 }, ['body', 'epoch'], 'extra_forbidden', 'unknown key "epoch". Did you mean "epochs"?'],
    [
      { epochs: 1, weights: 'equal' },
      ['body', 'weights'],
      'invalid_union',
      'expected "balanced", or a list, received "equal"',
    ],
    [
      { epochs: 1, weights: [1, 'x'] },
      ['body', 'weights', 1],
      'invalid_type',
      'expected a finite number, received "x"',
    ],
    [
      { epochs: 1, nested: { patience: 1, mode: 'min', patienc: 3 } },
      ['body', 'nested', 'patienc'],
      'extra_forbidden',
      'unknown key "patienc". Did you mean "patience"?',
    ],
    [
      { epochs: 1, backbone: 'resnet50' },
      ['body', 'backbone'],
      'invalid_value',
      '"resnet50" is not available in this version: use "mlp"',
    ],
    [{ epochs: 1, backbone: 'mpl' }, ['body', 'backbone'], 'invalid_value', 'expected "mlp", received "mpl"'],
    [{ epochs: 1, amp: true }, ['body', 'amp'], 'invalid_value', 'is not available in this version: leave it out'],
  ])('answers %j at %j with type %s', (value, loc, type, msg) => {
    expect(faults(value)).toEqual([{ loc, msg, type }]);
  });

  it.each([[{}], [{ amp: false }], [{ amp: null }]])('accepts %j for what is still to come', (extra) => {
    expect(faults({ epochs: 1, ...extra })).toEqual([]);
  });

  it('tells all faults at once, each unknown key at its own place', () => {
    const found = faults({ epochs: 0, rate: 2, epcohs: 1, colour: 'red' });
    expect(found.map((issue) => issue.loc.join('.'))).toEqual([
      'body.epochs',
      'body.rate',
      'body.epcohs',
      'body.colour',
    ]);
    expect(found[3]?.msg).toContain('Known: epochs, rate, kind');
  });

  it('refuses what is no object at all', () => {
    expect(faults('epochs')).toEqual([
      { loc: ['body'], msg: 'expected an object, received "epochs"', type: 'invalid_type' },
    ]);
    expect(faults(null)[0]?.msg).toBe('expected an object, received null');
  });

  it('tells the first hundred of very many faults and counts the rest', () => {
    const parsed = parse(z.array(z.string()), new Array(5000).fill(1), ['body']);
    if (parsed.ok) expect.unreachable();
    else {
      expect(parsed.issues).toHaveLength(101);
      expect(parsed.issues.at(-1)).toEqual({ loc: ['body'], msg: 'and 4900 more faults', type: 'more' });
    }
  });

  it('keeps every message short, whatever came', () => {
    const found = faults({ epochs: 'x'.repeat(1e6), ['y'.repeat(1e6)]: { a: new Array(1e5).fill({ b: 1 }) } });
    for (const issue of found) {
      expect(issue.msg.length).toBeLessThan(400);
      expect(issue.loc.join('').length).toBeLessThan(400);
    }
  });
});

describe('issuesOf', () => {
  it('also reads an error that was parsed without our wording', () => {
    const result = schema.safeParse({ epochs: 1, epoch: 2, other: 3 });
    expect(issuesOf(result.error!, ['x']).map((issue) => issue.loc.join('.'))).toEqual(['x.epoch', 'x.other']);
  });
});

describe('mustParse', () => {
  it('throws an error that lists the faults with their places', () => {
    expect(() => mustParse(schema, { epochs: 0, amp: true }, 'stored job 3')).toThrow(
      'stored job 3: epochs must be at least 1, received 0; amp is not available',
    );
    expect(mustParse(schema, { epochs: 2 }, 'x').rate).toBe(0.5);
  });
});

describe('declaredKeys', () => {
  it.each([
    ['an object', z.object({ a: z.string() }), ['a']],
    ['an object with a check', z.object({ a: z.string() }).refine(() => true), ['a']],
    ['a default', z.object({ a: z.string() }).prefault({ a: '' }), ['a']],
    ['a transformed object', z.object({ a: z.string() }).transform((value) => value.a), ['a']],
    ['a union', z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]), ['a', 'b']],
    ['an intersection', z.intersection(z.object({ a: z.string() }), z.object({ b: z.string() })), ['a', 'b']],
    ['a lazy object', z.lazy(() => z.object({ a: z.string() })), ['a']],
    ['a record', z.record(z.string(), z.string()), undefined],
    ['a union with a record', z.union([z.object({ a: z.string() }), z.record(z.string(), z.string())]), undefined],
  ])('reads %s', (_, subject, keys) => {
    expect(declaredKeys(subject)).toEqual(keys);
  });
});
