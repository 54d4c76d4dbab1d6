/** Figures for people: about four significant digits, with a prefix that fits where the unit has one. */

const PREFIXES: Readonly<Record<string, readonly (readonly [factor: number, symbol: string])[]>> = {
  seconds: [
    [1, 's'],
    [1e-3, 'ms'],
    [1e-6, 'us'],
    [1e-9, 'ns'],
  ],
  bytes: [
    [1e9, 'GB'],
    [1e6, 'MB'],
    [1e3, 'kB'],
    [1, 'B'],
  ],
};

/** `0.0123` seconds is `12.3 ms`; a unit without prefixes stands behind the number as it is. */
export function formatQuantity(value: number, unit: string): string {
  const prefixes = PREFIXES[unit];
  if (!prefixes) return `${formatNumber(value)} ${unit}`;
  const [factor, symbol] = prefixes.find(([size]) => Math.abs(value) >= size) ?? prefixes.at(-1)!;
  return `${formatNumber(value / factor)} ${symbol}`;
}

/** At most four significant digits, never an exponent for a whole number, no trailing zeros. */
export function formatNumber(value: number): string {
  if (Math.abs(value) >= 1000) return String(Math.round(value));
  return String(Number(value.toPrecision(4)));
}
