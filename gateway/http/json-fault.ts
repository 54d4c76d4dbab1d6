/** Where JSON is broken. `JSON.parse` of Node 20 tells the position of some faults only, so a refused text is read again here. */
export interface JsonFault {
  /** Index of the first character that cannot continue a JSON text (RFC 8259). */
  readonly at: number;
  readonly expected: string;
}

/** The first fault of the text, or `undefined` if it is valid JSON. Recursive: check the depth first. */
export function findJsonFault(text: string): JsonFault | undefined {
  let at = 0;
  const blank = /[ \t\n\r]*/y;
  const number = /-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a JSON string must not hold.
  const plain = /[^"\\\u0000-\u001f]*/y;
  const escaped = /\\(["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  const need = (token: string): void => {
    if (!text.startsWith(token, at)) throw new Stop(token);
    at += token.length;
  };
  const string = (): void => {
    need('"');
    take(plain);
    while (text[at] === '\\') {
      if (!take(escaped)) throw new Stop('an escape such as \\n or \\u0041');
      take(plain);
    }
    if (text[at] !== '"') throw new Stop('the end of the string');
    at += 1;
  };
  const list = (close: string, item: () => void): void => {
    at += 1;
    take(blank);
    if (text[at] !== close) {
      item();
      while (text[at] === ',') {
        at += 1;
        take(blank);
        item();
      }
      if (text[at] !== close) throw new Stop(`"," or "${close}"`);
    }
    at += 1;
  };
  const member = (): void => {
    if (text[at] !== '"') throw new Stop('a key in double quotes');
    string();
    take(blank);
    need(':');
    value();
  };
  const value = (): void => {
    take(blank);
    const first = text[at];
    if (first === '{') list('}', member);
    else if (first === '[') list(']', value);
    else if (first === '"') string();
    else if (first === 't') need('true');
    else if (first === 'f') need('false');
    else if (first === 'n') need('null');
    else if (!take(number)) throw new Stop('a value');
    take(blank);
  };

  try {
    value();
    if (at < text.length) throw new Stop('the end of the text');
    return undefined;
  } catch (error) {
    if (error instanceof Stop) return { at, expected: error.expected };
    throw error;
  }
}

/** Leaves the recursion at the first fault. */
class Stop extends Error {
  readonly expected: string;

  constructor(expected: string) {
    super(expected);
    this.expected = expected;
  }
}
