/** What may leave a node: plain data, which another thread, the disk and a retry give back as it was. */

const DEEPEST = 100;
const REMEDY = 'give plain data (numbers, strings, booleans, null, lists, records, typed arrays)';

/**
 * Checks that a value is made of numbers, strings, booleans, null, lists, records, typed arrays and nothing else.
 * @param what it is, for the message
 * @throws TypeError with the place of the first thing that is not
 */
export function requirePlain(value: unknown, what: string): void {
  const visit = (item: unknown, path: string, above: readonly object[]): void => {
    const refuse = (found: string): never => {
      throw new TypeError(
        `${what} ${path === '' ? 'is' : 'holds'} ${found}${path === '' ? '' : ` at ${path}`}: ${REMEDY}`,
      );
    };
    switch (typeof item) {
      case 'string':
      case 'number':
      case 'boolean':
      case 'undefined':
        return;
      case 'object':
        break;
      default:
        return refuse(`a ${typeof item}`);
    }
    if (item === null || ArrayBuffer.isView(item)) return;
    if (above.includes(item)) return refuse('itself');
    if (above.length >= DEEPEST) return refuse(`more than ${DEEPEST} levels`);
    const prototype = Object.getPrototypeOf(item);
    if (!Array.isArray(item) && prototype !== Object.prototype && prototype !== null)
      return refuse(`a ${item.constructor?.name ?? 'class instance'}`);
    const inside = [...above, item];
    if (Array.isArray(item)) for (const [index, element] of item.entries()) visit(element, `${path}[${index}]`, inside);
    else for (const [name, field] of Object.entries(item)) visit(field, path === '' ? name : `${path}.${name}`, inside);
  };
  visit(value, '', []);
}
