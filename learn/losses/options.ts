/** What the options of a loss may be: a table of checks, one for each option. */
import { OnnxError } from '../onnx/index.js';

/** Says what is wrong with the value of an option, or nothing. */
export type Check = (name: string, value: unknown) => string | undefined;

/** One check for each option that a loss has. */
export type Checks<Options> = { readonly [Name in keyof Required<Options>]: Check };

/** @throws OnnxError when an option is unknown or out of range; what is `undefined` counts as not given */
export function checkOptions<Options extends object>(loss: string, checks: Checks<Options>, given: Options): void {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(checks, name)) {
      throw new OnnxError(`the loss ${loss} has no setting "${name}": it has ${Object.keys(checks).join(', ')}`);
    }
    const fault = value === undefined ? undefined : (checks as Readonly<Record<string, Check>>)[name]!(name, value);
    if (fault) throw new OnnxError(`the loss ${loss}: ${fault}`);
  }
}

/** A row of a table without one of its entries. */
export function without<T extends object, K extends keyof T>(record: T, name: K): Omit<T, K> {
  const { [name]: _, ...rest } = record;
  return rest;
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

export const finite: Check = (name, value) =>
  isNumber(value) ? undefined : `${name} is a finite number, not ${String(value)}`;

export const share: Check = (name, value) =>
  isNumber(value) && value >= 0 && value <= 1 ? undefined : `${name} is from 0 to 1, not ${String(value)}`;

export const positive: Check = (name, value) =>
  isNumber(value) && value > 0 ? undefined : `${name} is finite and above 0, not ${String(value)}`;

export const notNegative: Check = (name, value) =>
  isNumber(value) && value >= 0 ? undefined : `${name} is finite and >= 0, not ${String(value)}`;

export const flag: Check = (name, value) =>
  typeof value === 'boolean' ? undefined : `${name} is true or false, not ${String(value)}`;

/** A label is compared as int32, which every provider has. */
export const label: Check = (name, value) =>
  isNumber(value) && Number.isInteger(value) && Math.abs(value) < 2 ** 31
    ? undefined
    : `${name} is a whole number of 32 bits, not ${String(value)}`;

export const oneOf =
  (...choices: readonly string[]): Check =>
  (name, value) =>
    choices.includes(value as string) ? undefined : `${name} is one of ${choices.join(', ')}, not "${String(value)}"`;

export const weights: Check = (name, value) => {
  const list = Array.isArray(value) ? (value as readonly unknown[]) : [];
  const fits = list.length > 0 && list.every((weight) => isNumber(weight) && weight >= 0);
  if (fits && list.some((weight) => weight !== 0)) return undefined;
  return `${name} are finite, >= 0 and not all 0, unlike [${Array.isArray(value) ? list.join(', ') : String(value)}]`;
};

/** Numbers that grow from each to the next. */
export const growing: Check = (name, value) => {
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  const fits = list.every((item, index) => isNumber(item) && (index === 0 || item > (list[index - 1] as number)));
  return fits && list.length >= 2 ? undefined : `${name} are at least two finite numbers, each above the one before`;
};

/** A number, or one for each output. */
export const perOutput =
  (check: Check): Check =>
  (name, value) => {
    if (!Array.isArray(value)) return check(name, value);
    if (value.length === 0) return `${name} is a number, or one for each output`;
    return value.map((entry) => check(name, entry)).find((fault) => fault !== undefined);
  };
