/** Numbers as people read them. */

/** A figure of a test, such as an AUC: three decimals. */
export function formatFigure(value: number): string {
  return value.toFixed(3);
}

/** A loss: four decimals, or powers of ten where those would show nothing. */
export function formatLoss(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(2) : value.toFixed(4);
}

/** `value` is percent already. */
export function formatPercent(value: number, decimals = 1): string {
  return `${value.toFixed(decimals)} %`;
}

/** 0.05 s, 12.3 s, 4 min 07 s, 2 h 05 min. */
export function formatDuration(seconds: number): string {
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** How long something has lasted that still goes on: whole seconds. */
export function formatElapsed(seconds: number): string {
  return seconds < 60 ? `${Math.floor(seconds)} s` : formatDuration(seconds);
}

const SIZES = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** Powers of 1000: 34.1 kB. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < SIZES.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${SIZES[unit]}`;
}

/** `1 node`, `3 nodes`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
