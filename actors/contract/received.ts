/** A received value, shown in a message: short whatever it is, because it comes from outside and may be anything. */

const SHOWN = { characters: 60, entries: 4, depth: 2, total: 160 } as const;

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

function show(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      // Cut first: quoting a megabyte to show sixty characters of it would be the costly part.
      return JSON.stringify(cut(value, SHOWN.characters));
    case 'bigint':
      return cut(`${value}n`, SHOWN.characters);
    case 'function':
    case 'symbol':
      return `a ${typeof value}`;
    case 'object':
      break;
    default:
      return String(value);
  }
  if (value === null) return 'null';
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${value.byteLength} bytes`;
  if (Array.isArray(value)) {
    if (depth === 0) return `a list of ${value.length}`;
    const shown = value.slice(0, SHOWN.entries).map((entry) => show(entry, depth - 1));
    if (value.length > SHOWN.entries) shown.push(`… ${value.length - SHOWN.entries} more`);
    return `[${shown.join(', ')}]`;
  }
  const keys = Object.keys(value);
  if (depth === 0) return `an object of ${keys.length}`;
  const shown = keys
    .slice(0, SHOWN.entries)
    .map((key) => `${cut(key, SHOWN.characters)}: ${show((value as Record<string, unknown>)[key], depth - 1)}`);
  if (keys.length > SHOWN.entries) shown.push(`… ${keys.length - SHOWN.entries} more`);
  return `{${shown.join(', ')}}`;
}

/** One line of at most about 160 characters; nested values beyond two levels, long lists and long texts are cut. */
export function received(value: unknown): string {
  return cut(show(value, SHOWN.depth), SHOWN.total);
}

/** A name from outside (an id, a key, a port) in quotes, cut when it is long. */
export function quoted(name: string): string {
  return JSON.stringify(cut(name, SHOWN.characters));
}
