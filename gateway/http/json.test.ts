import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../errors.js';
import { isDeeperThan, parseJson } from './json.js';

const parse = (text: string) => parseJson(Buffer.from(text), 4);

describe('parseJson', () => {
  it('reads JSON, with or without a byte order mark', () => {
    expect(parse('{"name":"é"}')).toEqual({ name: 'é' });
    expect(parse('\ufeff[1]')).toEqual([1]);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(() => parseJson(Buffer.from([0x22, 0xc3, 0x28, 0x22]), 4)).toThrow('not valid UTF-8');
  });

  it('tells line, column and index of a fault', () => {
    let thrown: unknown;
    try {
      parse('{\n  "a": 1,\n}');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(InvalidInput);
    expect((thrown as InvalidInput).issues).toEqual([
      {
        loc: ['body', 12],
        msg: 'JSON decode error at line 3 column 1 (char 12): expected a key in double quotes',
        type: 'json_invalid',
      },
    ]);
  });

  it('takes the last of two equal keys, as every JSON reader does', () => {
    expect(parse('{"a":1,"a":2}')).toEqual({ a: 2 });
  });

  it.each(['{"__proto__":{"admin":true}}', '[{"a":{"__proto__":1}}]', '{"\\u005f_proto__":1}'])(
    'refuses the key __proto__ in %s',
    (text) => {
      expect(() => parse(text)).toThrow('__proto__');
    },
  );

  it('leaves __proto__ alone where it is a value', () => {
    expect(parse('{"a":"__proto__"}')).toEqual({ a: '__proto__' });
  });

  it('refuses nesting that would exhaust the stack of whoever walks it', () => {
    expect(() => parse('[[[[[1]]]]]')).toThrow('deeper than 4');
    expect(parse('[[[[1]]]]')).toEqual([[[[1]]]]);
    expect(() => parse('['.repeat(5_000_000))).toThrow('deeper than 4');
  });
});

describe('isDeeperThan', () => {
  it('does not count brackets inside strings', () => {
    expect(isDeeperThan('["[[[[", "\\"[[[", {}]', 2)).toBe(false);
  });

  it('counts what is open at once, not what opens in all', () => {
    expect(isDeeperThan('[{},{},{},[]]', 2)).toBe(false);
  });
});
